#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"
#include "tools/convert/rotary.h"

// StarCoder 2 (Lozhkov et al., 2024) as Hugging Face transformers stores it: layer norms and biases
// as in GPT-2, grouped keys, rotary positions and a window.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{"residual_dropout", "embedding_dropout",
                                       "attention_softmax_in_fp32"};

void describe(Config& config, Found&, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kHarmless);
  config.only("norm_type", "layer_norm");
  config.only("mlp_type", "default");
  spec.vocab = config.count("vocab_size");
  spec.tied_head = config.flag("tie_word_embeddings", true);

  model::Stack& s = spec.decoder;
  read_sizes(config, s);
  s.kv_heads = config.count("num_key_value_heads", 2);
  split_heads(config, s);
  s.norm_eps = static_cast<float>(config.number("norm_epsilon", 1e-5));
  s.position = model::Position::rotary;
  s.positions = config.count("max_position_embeddings", 4096);
  s.rotary = read_rotary(config, s.d_head, s.positions);
  s.activation = read_activation(config, "hidden_act", "gelu_pytorch_tanh");
  s.qkv_bias = s.out_bias = s.ffn_bias = config.flag("use_bias", true);
  read_window(config, s, 1);
}

constexpr std::array kModules{
    Module{"embed.tokens", "model.embed_tokens"},
    Module{"decoder.*.self_norm", "model.layers.*.input_layernorm"},
    Module{"decoder.*.self.query", "model.layers.*.self_attn.q_proj"},
    Module{"decoder.*.self.key", "model.layers.*.self_attn.k_proj"},
    Module{"decoder.*.self.value", "model.layers.*.self_attn.v_proj"},
    Module{"decoder.*.self.out", "model.layers.*.self_attn.o_proj"},
    Module{"decoder.*.ffn_norm", "model.layers.*.post_attention_layernorm"},
    Module{"decoder.*.ffn.up", "model.layers.*.mlp.c_fc"},
    Module{"decoder.*.ffn.down", "model.layers.*.mlp.c_proj"},
    Module{"decoder.norm", "model.norm"},
    Module{"head", "lm_head"}};

}  // namespace

extern constinit const Family kStarCoder2{
    "starcoder2", "Starcoder2ForCausalLM", describe, kModules, "", {}};

}  // namespace linnet::convert
