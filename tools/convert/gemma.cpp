#include <array>
#include <cmath>

#include "tools/convert/hugging_face.h"
#include "tools/convert/llama_like.h"

// Gemma (Gemma Team, 2024 and 2025) as Hugging Face transformers stores it: gains of norms are one
// less than ours, embeddings are scaled, GELU stands at the gate. Gemma 2 adds norms behind the
// branches, caps, and windows in every other layer; Gemma 3 norms of queries and keys in place of
// the caps, and windows with a rotary of their own in five of six layers.
namespace linnet::convert {
namespace {

void describe_gemma(Config& config, Found& found, model::Spec& spec) {
  describe_llama_like(config, spec);
  config.only("use_bidirectional_attention", false);
  config.harmless("cache_implementation");
  config.harmless("hidden_act");  // its first files say "gelu" and mean the one with tanh
  found.gain_offset = 1.0f;
  spec.tied_head = config.flag("tie_word_embeddings", true);
  spec.embed_scale = static_cast<float>(std::sqrt(static_cast<double>(spec.decoder.d_model)));
  model::Stack& s = spec.decoder;
  s.d_head = config.count("head_dim", 256);
  s.activation = config.has("hidden_activation")
                     ? read_activation(config, "hidden_activation", "gelu_pytorch_tanh")
                     : model::Activation::gelu_tanh;
  s.qkv_bias = s.out_bias = config.flag("attention_bias", false);
}

float cap(Config& config, std::string_view name) {
  return config.has(name) ? static_cast<float>(config.number(name)) : 0.0f;
}

void describe_newer(Config& config, Found& found, model::Spec& spec, int period) {
  describe_gemma(config, found, spec);
  model::Stack& s = spec.decoder;
  s.place = model::NormPlace::both;
  s.attention_scale =
      static_cast<float>(1.0 / std::sqrt(config.number("query_pre_attn_scalar", 256)));
  s.attention_soft_cap = cap(config, "attn_logit_softcapping");
  spec.logit_soft_cap = cap(config, "final_logit_softcapping");
  const bool listed = config.has("layer_types");
  read_window(config, s, period, 4096);
  // Every layer sees all if every first one does.
  if (period == 1 && !listed) s.window = 0;
}

void describe_gemma2(Config& config, Found& found, model::Spec& spec) {
  describe_newer(config, found, spec, 2);
}

void describe_gemma3(Config& config, Found& found, model::Spec& spec) {
  const int period = config.count("sliding_window_pattern", 6);
  config.harmless("_sliding_window_pattern");  // the same, for layer_types
  describe_newer(config, found, spec, period);
  spec.decoder.query_key_norm = true;
  read_two_rotaries(config, spec.decoder, 1'000'000.0, 10'000.0);
  if (spec.decoder.window == 0) spec.decoder.window_rotary = {};
}

constexpr std::array kNewerModules{
    Module{"embed.tokens", "model.embed_tokens"},
    Module{"decoder.*.self_norm", "model.layers.*.input_layernorm"},
    Module{"decoder.*.self.query", "model.layers.*.self_attn.q_proj"},
    Module{"decoder.*.self.key", "model.layers.*.self_attn.k_proj"},
    Module{"decoder.*.self.value", "model.layers.*.self_attn.v_proj"},
    Module{"decoder.*.self.query_norm", "model.layers.*.self_attn.q_norm"},
    Module{"decoder.*.self.key_norm", "model.layers.*.self_attn.k_norm"},
    Module{"decoder.*.self.out", "model.layers.*.self_attn.o_proj"},
    Module{"decoder.*.self_post_norm", "model.layers.*.post_attention_layernorm"},
    Module{"decoder.*.ffn_norm", "model.layers.*.pre_feedforward_layernorm"},
    Module{"decoder.*.ffn.gate", "model.layers.*.mlp.gate_proj"},
    Module{"decoder.*.ffn.up", "model.layers.*.mlp.up_proj"},
    Module{"decoder.*.ffn.down", "model.layers.*.mlp.down_proj"},
    Module{"decoder.*.ffn_post_norm", "model.layers.*.post_feedforward_layernorm"},
    Module{"decoder.norm", "model.norm"},
    Module{"head", "lm_head"}};

}  // namespace

extern constinit const Family kGemma{"gemma", "GemmaForCausalLM", describe_gemma, kLlamaModules,
                                     "",      kStoredFrequencies};
extern constinit const Family kGemma2{"gemma2", "Gemma2ForCausalLM", describe_gemma2, kNewerModules,
                                      "",       kStoredFrequencies};
extern constinit const Family kGemma3{
    "gemma3_text", "Gemma3ForCausalLM", describe_gemma3, kNewerModules, "", kStoredFrequencies};

}  // namespace linnet::convert
