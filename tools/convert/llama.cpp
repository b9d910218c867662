#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"
#include "tools/convert/rotary.h"

// Llama (Touvron et al., 2023; Grattafiori et al., 2024) as Hugging Face transformers stores it.
// Its rotary pairs are (i, i + d_head / 2), for which the projections there are already ordered.
namespace linnet::convert {
namespace {

void describe(Config& config, Found&, model::Spec& spec) {
  read_common_fields(config);
  config.harmless("pretraining_tp");  // the same product, in slices
  config.harmless("is_llama_config");
  config.harmless("max_sequence_length");
  config.only("rope_interleaved", false);
  config.only("sliding_window", nullptr);
  config.only("use_sliding_window", false);

  spec.vocab = config.count("vocab_size");
  spec.tied_head = config.flag("tie_word_embeddings", false);

  model::Stack& s = spec.decoder;
  s.layers = config.count("num_hidden_layers");
  s.d_model = config.count("hidden_size");
  s.d_ff = config.count("intermediate_size");
  s.heads = config.count("num_attention_heads");
  s.kv_heads = config.count("num_key_value_heads", s.heads);
  s.d_head = config.count("head_dim", std::max(1, s.d_model / s.heads));
  if (!config.has("head_dim") && s.d_model % s.heads != 0)
    config.refuse("num_attention_heads", "does not divide hidden_size, and there is no head_dim");

  s.norm = model::NormKind::rms;
  s.norm_eps = static_cast<float>(config.number("rms_norm_eps", 1e-6));
  s.position = model::Position::rotary;
  s.positions = config.count("max_position_embeddings", 2048);
  s.rotary = read_rotary(config, s.d_head, s.positions);

  s.activation = read_activation(config, "hidden_act", "silu");
  s.gated = true;
  s.qkv_bias = s.out_bias = config.flag("attention_bias", false);
  s.ffn_bias = config.flag("mlp_bias", false);
}

constexpr std::array kModules{
    Module{"embed.tokens", "model.embed_tokens"},
    Module{"decoder.*.self_norm", "model.layers.*.input_layernorm"},
    Module{"decoder.*.self.query", "model.layers.*.self_attn.q_proj"},
    Module{"decoder.*.self.key", "model.layers.*.self_attn.k_proj"},
    Module{"decoder.*.self.value", "model.layers.*.self_attn.v_proj"},
    Module{"decoder.*.self.out", "model.layers.*.self_attn.o_proj"},
    Module{"decoder.*.ffn_norm", "model.layers.*.post_attention_layernorm"},
    Module{"decoder.*.ffn.gate", "model.layers.*.mlp.gate_proj"},
    Module{"decoder.*.ffn.up", "model.layers.*.mlp.up_proj"},
    Module{"decoder.*.ffn.down", "model.layers.*.mlp.down_proj"},
    Module{"decoder.norm", "model.norm"},
    Module{"head", "lm_head"}};

// Older versions stored the frequencies, which follow from the config.
constexpr std::array<std::string_view, 2> kIgnored{"model.layers.*.self_attn.rotary_emb.inv_freq",
                                                   "model.rotary_emb.inv_freq"};

}  // namespace

extern constinit const Family kLlama{"llama", "LlamaForCausalLM", describe, kModules, "", kIgnored};

}  // namespace linnet::convert
