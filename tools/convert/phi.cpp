#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"
#include "tools/convert/rotary.h"

// Phi 1, 1.5 and 2 (Gunasekar et al., 2023) as Hugging Face transformers stores them: both branches
// of a layer read the same norm, a part of each head turns, biases everywhere.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{"auto_map", "embd_pdrop", "resid_pdrop"};

void describe(Config& config, Found&, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kHarmless);
  config.only("qk_layernorm", false);
  spec.vocab = config.count("vocab_size");
  spec.tied_head = config.flag("tie_word_embeddings", false);
  spec.head_bias = true;

  model::Stack& s = spec.decoder;
  s.layers = config.count("num_hidden_layers");
  s.d_model = config.count("hidden_size");
  s.d_ff = config.count("intermediate_size", 4 * s.d_model);
  s.heads = config.count("num_attention_heads");
  s.kv_heads = config.count("num_key_value_heads", s.heads);
  s.d_head = config.count("head_dim", std::max(1, s.d_model / s.heads));
  s.norm_eps = static_cast<float>(config.number("layer_norm_eps", 1e-5));
  s.parallel = true;
  s.position = model::Position::rotary;
  s.positions = config.count("max_position_embeddings", 2048);
  s.rotary = read_rotary(config, s.d_head, s.positions,
                         {.part = "partial_rotary_factor", .part_default = 0.5});
  s.activation = read_activation(config, "hidden_act", "gelu_new");
}

constexpr std::array kModules{Module{"embed.tokens", "model.embed_tokens"},
                              Module{"decoder.*.self_norm", "model.layers.*.input_layernorm"},
                              Module{"decoder.*.self.query", "model.layers.*.self_attn.q_proj"},
                              Module{"decoder.*.self.key", "model.layers.*.self_attn.k_proj"},
                              Module{"decoder.*.self.value", "model.layers.*.self_attn.v_proj"},
                              Module{"decoder.*.self.out", "model.layers.*.self_attn.dense"},
                              Module{"decoder.*.ffn_norm", "model.layers.*.input_layernorm"},
                              Module{"decoder.*.ffn.up", "model.layers.*.mlp.fc1"},
                              Module{"decoder.*.ffn.down", "model.layers.*.mlp.fc2"},
                              Module{"decoder.norm", "model.final_layernorm"},
                              Module{"head", "lm_head"}};

constexpr std::array<std::string_view, 1> kIgnored{"model.layers.*.self_attn.rotary_emb.inv_freq"};

}  // namespace

extern constinit const Family kPhi{"phi", "PhiForCausalLM", describe, kModules, "", kIgnored};

}  // namespace linnet::convert
