#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"

// BLOOM (BigScience Workshop, 2022) as Hugging Face transformers stores it: linear biases in place
// of positions (Press et al., 2022), a norm of the embeddings, each head's query, key and value
// together in one matrix.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{"hidden_dropout",      "slow_but_exact",
                                       "pretraining_tp",      "attention_softmax_in_fp32",
                                       "bias_dropout_fusion", "masked_softmax_fusion",
                                       "skip_bias_add",       "skip_bias_add_qkv",
                                       "offset_alibi",        "n_inner",
                                       "unk_token_id"};

void describe(Config& config, Found& found, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kHarmless);
  config.only("apply_residual_connection_post_layernorm", false);
  spec.vocab = config.count("vocab_size");
  spec.tied_head = config.flag("tie_word_embeddings", true);

  // The first files have other names.
  const auto either = [&](std::string_view name, std::string_view older) {
    return config.count(config.has(name) ? name : older);
  };
  model::Stack& s = spec.decoder;
  s.layers = config.count("n_layer");
  s.d_model = either("hidden_size", "n_embed");
  s.d_ff = 4 * s.d_model;
  s.heads = s.kv_heads = either("n_head", "num_attention_heads");
  split_heads(config, s, "n_head", "the width");
  s.norm_eps = static_cast<float>(config.number("layer_norm_epsilon", 1e-5));
  s.embed_norm = true;
  s.position = model::Position::linear_bias;
  s.positions = config.count("seq_length", 2048);
  s.linear_bias = bias_slopes(s.heads);
  s.activation = model::Activation::gelu_tanh;
  found.fused = fused_heads(s.d_head, 1);
}

constexpr std::array kModules{
    Module{"embed.tokens", "transformer.word_embeddings"},
    Module{"decoder.embed_norm", "transformer.word_embeddings_layernorm"},
    Module{"decoder.*.self_norm", "transformer.h.*.input_layernorm"},
    Module{"decoder.*.self.query", "transformer.h.*.self_attention.query_key_value"},
    Module{"decoder.*.self.key", "transformer.h.*.self_attention.query_key_value"},
    Module{"decoder.*.self.value", "transformer.h.*.self_attention.query_key_value"},
    Module{"decoder.*.self.out", "transformer.h.*.self_attention.dense"},
    Module{"decoder.*.ffn_norm", "transformer.h.*.post_attention_layernorm"},
    Module{"decoder.*.ffn.up", "transformer.h.*.mlp.dense_h_to_4h"},
    Module{"decoder.*.ffn.down", "transformer.h.*.mlp.dense_4h_to_h"},
    Module{"decoder.norm", "transformer.ln_f"},
    Module{"head", "lm_head"}};

}  // namespace

// The first checkpoints leave "transformer." out.
extern constinit const Family kBloom{"bloom",  "BloomForCausalLM", describe,
                                     kModules, "transformer.",     {}};

}  // namespace linnet::convert
