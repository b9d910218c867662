#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"
#include "tools/convert/rotary.h"

// StableLM (Bellagente et al., 2024) as Hugging Face transformers stores it: Llama with layer norms
// and a rotary of a part of each head.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{"hidden_dropout"};

void describe(Config& config, Found& found, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kHarmless);
  config.only("qk_layernorm", false);
  spec.vocab = config.count("vocab_size");
  spec.tied_head = config.flag("tie_word_embeddings", false);

  model::Stack& s = spec.decoder;
  read_sizes(config, s);
  s.kv_heads = config.count("num_key_value_heads", s.heads);
  split_heads(config, s);
  s.norm_eps = static_cast<float>(config.number("layer_norm_eps", 1e-5));
  s.parallel = config.flag("use_parallel_residual", false);
  found.words["ffn_norm"] = s.parallel ? "input_layernorm" : "post_attention_layernorm";
  s.position = model::Position::rotary;
  s.positions = config.count("max_position_embeddings", 4096);
  s.rotary = read_rotary(config, s.d_head, s.positions,
                         {.part = "partial_rotary_factor", .part_default = 0.25});
  s.activation = read_activation(config, "hidden_act", "silu");
  s.gated = true;
  s.qkv_bias = config.flag("use_qkv_bias", false);
  s.out_bias = s.ffn_bias = false;
}

constexpr std::array kModules{Module{"embed.tokens", "model.embed_tokens"},
                              Module{"decoder.*.self_norm", "model.layers.*.input_layernorm"},
                              Module{"decoder.*.self.query", "model.layers.*.self_attn.q_proj"},
                              Module{"decoder.*.self.key", "model.layers.*.self_attn.k_proj"},
                              Module{"decoder.*.self.value", "model.layers.*.self_attn.v_proj"},
                              Module{"decoder.*.self.out", "model.layers.*.self_attn.o_proj"},
                              Module{"decoder.*.ffn_norm", "model.layers.*.{ffn_norm}"},
                              Module{"decoder.*.ffn.gate", "model.layers.*.mlp.gate_proj"},
                              Module{"decoder.*.ffn.up", "model.layers.*.mlp.up_proj"},
                              Module{"decoder.*.ffn.down", "model.layers.*.mlp.down_proj"},
                              Module{"decoder.norm", "model.norm"},
                              Module{"head", "lm_head"}};

constexpr std::array<std::string_view, 1> kIgnored{"model.layers.*.self_attn.rotary_emb.inv_freq"};

}  // namespace

extern constinit const Family kStableLm{"stablelm", "StableLmForCausalLM", describe, kModules, "",
                                        kIgnored};

}  // namespace linnet::convert
