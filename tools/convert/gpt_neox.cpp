#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"
#include "tools/convert/rotary.h"

// GPT-NeoX (Black et al., 2022) and Pythia as Hugging Face transformers stores them: both branches
// of a layer read x, each through its own norm, and a part of each head turns. In the fused matrix
// each head's query, key and value stand together.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{"hidden_dropout"};

void describe(Config& config, Found& found, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kHarmless);
  spec.vocab = config.count("vocab_size");
  spec.tied_head = config.flag("tie_word_embeddings", false);

  model::Stack& s = spec.decoder;
  read_sizes(config, s);
  split_heads(config, s);
  s.norm_eps = static_cast<float>(config.number("layer_norm_eps", 1e-5));
  s.parallel = config.flag("use_parallel_residual", true);
  s.qkv_bias = s.out_bias = config.flag("attention_bias", true);
  s.position = model::Position::rotary;
  s.positions = config.count("max_position_embeddings", 2048);
  s.rotary = read_rotary(config, s.d_head, s.positions,
                         {.base = "rotary_emb_base", .part = "rotary_pct", .part_default = 0.25});
  s.activation = read_activation(config, "hidden_act", "gelu");
  found.fused = fused_heads(s.d_head, 1);
}

constexpr std::array kModules{
    Module{"embed.tokens", "gpt_neox.embed_in"},
    Module{"decoder.*.self_norm", "gpt_neox.layers.*.input_layernorm"},
    Module{"decoder.*.self.query", "gpt_neox.layers.*.attention.query_key_value"},
    Module{"decoder.*.self.key", "gpt_neox.layers.*.attention.query_key_value"},
    Module{"decoder.*.self.value", "gpt_neox.layers.*.attention.query_key_value"},
    Module{"decoder.*.self.out", "gpt_neox.layers.*.attention.dense"},
    Module{"decoder.*.ffn_norm", "gpt_neox.layers.*.post_attention_layernorm"},
    Module{"decoder.*.ffn.up", "gpt_neox.layers.*.mlp.dense_h_to_4h"},
    Module{"decoder.*.ffn.down", "gpt_neox.layers.*.mlp.dense_4h_to_h"},
    Module{"decoder.norm", "gpt_neox.final_layer_norm"},
    Module{"head", "embed_out"}};

// The causal mask, the number that stood for minus infinity, and the frequencies.
constexpr std::array<std::string_view, 3> kIgnored{
    "gpt_neox.layers.*.attention.bias", "gpt_neox.layers.*.attention.masked_bias",
    "gpt_neox.layers.*.attention.rotary_emb.inv_freq"};

}  // namespace

extern constinit const Family kGptNeox{"gpt_neox", "GPTNeoXForCausalLM", describe, kModules, "",
                                       kIgnored};

}  // namespace linnet::convert
