#include <array>

#include "tools/convert/reader_heads.h"

// MPNet (Song et al., 2020) as Hugging Face transformers stores it: BERT with a bias of relative
// positions beside the learned ones, and without token types.
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  describe_bert_like(config, spec);
  spec.token_types = 0;
  model::Stack& s = spec.encoder;
  s.position_start = config.integer("pad_token_id", 1) + 1;
  s.relative_buckets = config.count("relative_attention_num_buckets", 32);
  s.relative_distance = 128;
  spec.reading.transform_activation = model::Activation::gelu;
  describe_reading(config, found, spec,
                   {.pooler = "mpnet.pooler.dense",
                    .dense = "classifier.dense",
                    .classifier = "classifier.out_proj",
                    .transform = "lm_head.dense"});
}

constexpr std::array kModules{
    Module{"embed.tokens", "mpnet.embeddings.word_embeddings"},
    Module{"encoder.positions", "mpnet.embeddings.position_embeddings"},
    Module{"encoder.embed_norm", "mpnet.embeddings.LayerNorm"},
    Module{"encoder.relative", "mpnet.encoder.relative_attention_bias", true},
    Module{"encoder.*.self.query", "mpnet.encoder.layer.*.attention.attn.q"},
    Module{"encoder.*.self.key", "mpnet.encoder.layer.*.attention.attn.k"},
    Module{"encoder.*.self.value", "mpnet.encoder.layer.*.attention.attn.v"},
    Module{"encoder.*.self.out", "mpnet.encoder.layer.*.attention.attn.o"},
    Module{"encoder.*.self_norm", "mpnet.encoder.layer.*.attention.LayerNorm"},
    Module{"encoder.*.ffn.up", "mpnet.encoder.layer.*.intermediate.dense"},
    Module{"encoder.*.ffn.down", "mpnet.encoder.layer.*.output.dense"},
    Module{"encoder.*.ffn_norm", "mpnet.encoder.layer.*.output.LayerNorm"},
    Module{"pooler", "{pooler}"},
    Module{"classes", "{classes}"},
    Module{"head_transform", "lm_head.dense"},
    Module{"head_norm", "lm_head.layer_norm"},
    Module{"head", "lm_head.decoder"},
    Module{"head.bias", "lm_head.bias"}};

constexpr std::array<std::string_view, 1> kIgnored{"mpnet.embeddings.position_ids"};

}  // namespace

extern constinit const Family kMpnet{"mpnet", "MPNet*", describe, kModules, "mpnet.", kIgnored};

}  // namespace linnet::convert
