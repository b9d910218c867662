#include "tools/convert/reader_heads.h"

// BERT (Devlin et al., 2019) as Hugging Face transformers stores it, and what was made after it
// with the same names: MiniLM, the encoders of sentence-transformers.
namespace linnet::convert {
namespace {

// A checkpoint without the tables of embeddings, whose config says so: what it reads are the states
// that these would make.
void read_hidden_states(Config& config, model::Spec& spec) {
  const std::string inputs = config.text("inputs", "tokens");
  if (inputs == "tokens") return;
  if (inputs != "hidden_states") config.refuse("inputs", "is neither tokens nor hidden_states");
  spec.vocab = spec.token_types = 0;
  spec.vectors.width = spec.encoder.d_model;
  spec.encoder.position = model::Position::none;
  spec.encoder.embed_norm = false;
}

void describe(Config& config, Found& found, model::Spec& spec) {
  describe_bert_like(config, spec);
  read_hidden_states(config, spec);
  found.words = {{"model", "bert"},
                 {"transform", "cls.predictions.transform.dense"},
                 {"transform_norm", "cls.predictions.transform.LayerNorm"},
                 {"head", "cls.predictions.decoder"},
                 {"head_bias", "cls.predictions"}};
  describe_reading(config, found, spec,
                   {.pooler = "bert.pooler.dense",
                    .next = "cls.seq_relationship",
                    .transform = "cls.predictions.transform.dense"});
}

}  // namespace

extern constinit const Family kBert{"bert", "Bert*", describe, kBertModules, "bert.", kBertIgnored};

}  // namespace linnet::convert
