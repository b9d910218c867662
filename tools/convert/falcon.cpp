#include <array>
#include <cmath>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"
#include "tools/convert/rotary.h"

// Falcon (Almazrouei et al., 2023) as Hugging Face transformers stores it. Three kinds: the first
// ones with a linear bias and a key for each query; those of 7 B parameters with one key for all,
// both branches reading one norm; and the newer ones with grouped keys and a norm for each branch.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{"auto_map", "hidden_dropout", "attention_softmax_in_fp32",
                                       "apply_residual_connection_post_layernorm"};

void describe_norms(Config& config, Found& found, model::Stack& s, bool newer) {
  s.norm_eps = static_cast<float>(config.number("layer_norm_epsilon", 1e-5));
  s.parallel = config.flag("parallel_attn", true) || newer;
  const bool two = newer && config.integer("num_ln_in_parallel_attn", 2) == 2;
  found.words["self_norm"] = two ? "ln_attn" : "input_layernorm";
  found.words["ffn_norm"] = two          ? "ln_mlp"
                            : s.parallel ? "input_layernorm"
                                         : "post_attention_layernorm";
}

void describe_heads(Config& config, Found& found, model::Stack& s, bool newer) {
  s.heads = config.count("num_attention_heads");
  split_heads(config, s);
  const int kv_heads = config.count("num_kv_heads", s.heads);
  const bool one = config.flag("multi_query", true) && !newer;
  s.kv_heads = newer ? kv_heads : one ? 1 : s.heads;
  found.fused = fused_heads(s.d_head, std::max(1, s.heads / s.kv_heads));
}

void describe(Config& config, Found& found, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kHarmless);
  spec.vocab = config.count("vocab_size");
  spec.tied_head = config.flag("tie_word_embeddings", true);

  model::Stack& s = spec.decoder;
  s.layers = config.count("num_hidden_layers");
  s.d_model = config.count("hidden_size");
  s.d_ff = config.count("ffn_hidden_size", 4 * s.d_model);
  const bool newer = config.flag("new_decoder_architecture", false);
  describe_heads(config, found, s, newer);
  describe_norms(config, found, s, newer);
  s.qkv_bias = s.out_bias = s.ffn_bias = config.flag("bias", false);
  s.positions = config.count("max_position_embeddings", 2048);
  if (config.flag("alibi", false)) {
    // Added before the scale.
    s.position = model::Position::linear_bias;
    s.linear_bias = bias_slopes(s.heads);
    for (float& slope : s.linear_bias) slope /= std::sqrt(static_cast<float>(s.d_head));
    config.harmless("rope_theta");
    config.harmless("rope_parameters");
  } else {
    s.position = model::Position::rotary;
    s.rotary = read_rotary(config, s.d_head, s.positions);
  }
  s.activation = read_activation(config, "activation", "gelu");
}

constexpr std::array kModules{
    Module{"embed.tokens", "transformer.word_embeddings"},
    Module{"decoder.*.self_norm", "transformer.h.*.{self_norm}"},
    Module{"decoder.*.self.query", "transformer.h.*.self_attention.query_key_value"},
    Module{"decoder.*.self.key", "transformer.h.*.self_attention.query_key_value"},
    Module{"decoder.*.self.value", "transformer.h.*.self_attention.query_key_value"},
    Module{"decoder.*.self.out", "transformer.h.*.self_attention.dense"},
    Module{"decoder.*.ffn_norm", "transformer.h.*.{ffn_norm}"},
    Module{"decoder.*.ffn.up", "transformer.h.*.mlp.dense_h_to_4h"},
    Module{"decoder.*.ffn.down", "transformer.h.*.mlp.dense_4h_to_h"},
    Module{"decoder.norm", "transformer.ln_f"},
    Module{"head", "lm_head"}};

}  // namespace

extern constinit const Family kFalcon{"falcon", "FalconForCausalLM", describe,
                                      kModules, "transformer.",      {}};

}  // namespace linnet::convert
