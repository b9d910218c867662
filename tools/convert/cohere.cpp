#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"
#include "tools/convert/rotary.h"

// Command R and Aya (Cohere, 2024) as Hugging Face transformers stores them: both branches of a
// layer read the same norm, which has no bias, neighbours turn together, and logits are scaled.
namespace linnet::convert {
namespace {

void describe(Config& config, Found&, model::Spec& spec) {
  read_common_fields(config);
  config.only("use_qk_norm", false);
  config.harmless("model_max_length");  // of tokenizers; max_position_embeddings is kept to
  spec.vocab = config.count("vocab_size");
  spec.tied_head = config.flag("tie_word_embeddings", true);
  spec.logit_scale = static_cast<float>(config.number("logit_scale", 0.0625));

  model::Stack& s = spec.decoder;
  read_sizes(config, s);
  s.kv_heads = config.count("num_key_value_heads", s.heads);
  split_heads(config, s);
  s.norm_eps = static_cast<float>(config.number("layer_norm_eps", 1e-5));
  s.norm_bias = false;
  s.parallel = true;
  s.position = model::Position::rotary;
  s.positions = config.count("max_position_embeddings", 8192);
  s.rotary = read_rotary(config, s.d_head, s.positions);
  s.rotary.interleaved = true;
  s.activation = read_activation(config, "hidden_act", "silu");
  s.gated = true;
  s.qkv_bias = s.out_bias = config.flag("attention_bias", false);
  s.ffn_bias = false;
}

constexpr std::array kModules{Module{"embed.tokens", "model.embed_tokens"},
                              Module{"decoder.*.self_norm", "model.layers.*.input_layernorm"},
                              Module{"decoder.*.self.query", "model.layers.*.self_attn.q_proj"},
                              Module{"decoder.*.self.key", "model.layers.*.self_attn.k_proj"},
                              Module{"decoder.*.self.value", "model.layers.*.self_attn.v_proj"},
                              Module{"decoder.*.self.out", "model.layers.*.self_attn.o_proj"},
                              Module{"decoder.*.ffn_norm", "model.layers.*.input_layernorm"},
                              Module{"decoder.*.ffn.gate", "model.layers.*.mlp.gate_proj"},
                              Module{"decoder.*.ffn.up", "model.layers.*.mlp.up_proj"},
                              Module{"decoder.*.ffn.down", "model.layers.*.mlp.down_proj"},
                              Module{"decoder.norm", "model.norm"},
                              Module{"head", "lm_head"}};

}  // namespace

extern constinit const Family kCohere{"cohere", "CohereForCausalLM", describe, kModules, "", {}};

}  // namespace linnet::convert
