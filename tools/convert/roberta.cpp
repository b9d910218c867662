#include "tools/convert/reader_heads.h"

// RoBERTa (Liu et al., 2019), XLM-RoBERTa and CamemBERT as Hugging Face transformers stores them:
// BERT with other names for what stands behind the layers. Positions begin after the padding's.
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  describe_bert_like(config, spec);
  spec.encoder.position_start = config.integer("pad_token_id", 1) + 1;
  spec.reading.transform_activation = model::Activation::gelu;
  found.words = {{"model", "roberta"},
                 {"transform", "lm_head.dense"},
                 {"transform_norm", "lm_head.layer_norm"},
                 {"head", "lm_head.decoder"},
                 {"head_bias", "lm_head"}};
  describe_reading(config, found, spec,
                   {.pooler = "roberta.pooler.dense",
                    .dense = "classifier.dense",
                    .classifier = "classifier.out_proj",
                    .transform = "lm_head.dense"});
}

}  // namespace

extern constinit const Family kRoberta{"roberta",    "Roberta*", describe,
                                       kBertModules, "roberta.", kBertIgnored};
extern constinit const Family kXlmRoberta{"xlm-roberta", "XLMRoberta*", describe,
                                          kBertModules,  "roberta.",    kBertIgnored};
extern constinit const Family kCamembert{"camembert",  "Camembert*", describe,
                                         kBertModules, "roberta.",   kBertIgnored};

}  // namespace linnet::convert
