#include "tools/convert/reader_heads.h"

// BERT (Devlin et al., 2019) as Hugging Face transformers stores it, and what was made after it
// with the same names: MiniLM, the encoders of sentence-transformers.
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  describe_bert_like(config, spec);
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
