#include <array>

#include "tools/convert/reader_heads.h"

// ALBERT (Lan et al., 2020) as Hugging Face transformers stores it: every layer has the weights of
// the first, and embeddings are narrower than layers.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{"down_scale_factor", "gap_size", "net_structure_type",
                                       "num_memory_blocks"};

void describe(Config& config, Found& found, model::Spec& spec) {
  describe_bert_like(config, spec);
  config.harmless(kHarmless);
  config.only("num_hidden_groups", 1);
  config.only("inner_group_num", 1);
  spec.encoder.shared_layers = true;
  spec.embed_width = config.count("embedding_size", 128);
  found.words["layer"] = "albert.encoder.albert_layer_groups.0.albert_layers.0";
  describe_reading(config, found, spec,
                   {.pooler = "albert.pooler", .transform = "predictions.dense"});
}

constexpr std::array kModules{Module{"embed.tokens", "albert.embeddings.word_embeddings"},
                              Module{"encoder.positions", "albert.embeddings.position_embeddings"},
                              Module{"embed.types", "albert.embeddings.token_type_embeddings"},
                              Module{"encoder.embed_norm", "albert.embeddings.LayerNorm"},
                              Module{"embed.project", "albert.encoder.embedding_hidden_mapping_in"},
                              Module{"encoder.*.self.query", "{layer}.attention.query"},
                              Module{"encoder.*.self.key", "{layer}.attention.key"},
                              Module{"encoder.*.self.value", "{layer}.attention.value"},
                              Module{"encoder.*.self.out", "{layer}.attention.dense"},
                              Module{"encoder.*.self_norm", "{layer}.attention.LayerNorm"},
                              Module{"encoder.*.ffn.up", "{layer}.ffn"},
                              Module{"encoder.*.ffn.down", "{layer}.ffn_output"},
                              Module{"encoder.*.ffn_norm", "{layer}.full_layer_layer_norm"},
                              Module{"pooler", "{pooler}"},
                              Module{"classes", "{classes}"},
                              Module{"head_transform", "predictions.dense"},
                              Module{"head_norm", "predictions.LayerNorm"},
                              Module{"head", "predictions.decoder"},
                              Module{"head.bias", "predictions.bias"}};

constexpr std::array<std::string_view, 1> kIgnored{"albert.embeddings.position_ids"};

}  // namespace

extern constinit const Family kAlbert{"albert", "Albert*", describe, kModules, "albert.", kIgnored};

}  // namespace linnet::convert
