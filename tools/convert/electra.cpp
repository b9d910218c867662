#include "tools/convert/reader_heads.h"

// ELECTRA (Clark et al., 2020) as Hugging Face transformers stores it: BERT whose embeddings may be
// narrower than its layers. What it was trained for, telling replaced tokens, is a class of tokens.
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  describe_bert_like(config, spec);
  const int width = config.count("embedding_size", 128);
  if (width != spec.encoder.d_model) spec.embed_width = width;
  spec.reading.transform_activation = model::Activation::gelu;
  found.words = {{"model", "electra"},
                 {"transform", "generator_predictions.dense"},
                 {"transform_norm", "generator_predictions.LayerNorm"},
                 {"head", "generator_lm_head"},
                 {"head_bias", "generator_lm_head"}};
  const bool tells_replaced = found.architecture == "ForPreTraining";
  if (tells_replaced) found.architecture = "ForTokenClassification";
  describe_reading(
      config, found, spec,
      {.dense = "classifier.dense",
       .dense_activation = model::Activation::gelu,
       .classifier = "classifier.out_proj",
       .token_classifier =
           tells_replaced ? "discriminator_predictions.dense_prediction" : "classifier",
       .transform = "generator_predictions.dense"});
  if (!tells_replaced) return;
  spec.reading.pooler = true;
  spec.reading.pooler_activation = spec.encoder.activation;
  spec.reading.labels = {"replaced"};
  found.words["pooler"] = "discriminator_predictions.dense";
}

}  // namespace

extern constinit const Family kElectra{"electra",    "Electra*", describe,
                                       kBertModules, "electra.", kBertIgnored};

}  // namespace linnet::convert
