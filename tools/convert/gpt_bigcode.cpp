#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"

// SantaCoder and StarCoder (Li et al., 2023) as Hugging Face transformers stores them: GPT-2 with
// one key for all queries, and with matrices as [out, in].
namespace linnet::convert {
namespace {

// Of the precision of a softmax, and of a program that once ran it.
constexpr std::string_view kHarmless[]{
    "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32",
    "inference_runner",          "validate_runner_input",
    "pre_allocate_kv_cache",     "pad_key_length",
    "max_sequence_length",       "max_batch_size"};

void describe(Config& config, Found& found, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kGptHarmless);
  config.harmless(kHarmless);
  spec.vocab = config.count("vocab_size");
  spec.tied_head = config.flag("tie_word_embeddings", true);

  model::Stack& s = spec.decoder;
  s.layers = config.count("n_layer");
  s.d_model = config.count("n_embd");
  s.d_ff = config.count("n_inner", 4 * s.d_model);
  s.heads = config.count("n_head");
  const bool one = config.flag("multi_query", true);
  s.kv_heads = one ? 1 : s.heads;
  config.only("num_key_value_heads", s.kv_heads);  // the same in newer files
  split_heads(config, s, "n_head", "n_embd");
  found.fused = fused_heads(s.d_head, one ? s.heads : 1);
  s.norm_eps = static_cast<float>(config.number("layer_norm_epsilon", 1e-5));
  s.position = model::Position::learned;
  s.positions = config.count("n_positions", 1024);
  if (!config.flag("scale_attn_weights", true)) s.attention_scale = 1.0f;
  s.activation = read_activation(config, "activation_function", "gelu_pytorch_tanh");
}

constexpr std::array kModules{Module{"embed.tokens", "transformer.wte"},
                              Module{"decoder.positions", "transformer.wpe"},
                              Module{"decoder.*.self_norm", "transformer.h.*.ln_1"},
                              Module{"decoder.*.self.query", "transformer.h.*.attn.c_attn"},
                              Module{"decoder.*.self.key", "transformer.h.*.attn.c_attn"},
                              Module{"decoder.*.self.value", "transformer.h.*.attn.c_attn"},
                              Module{"decoder.*.self.out", "transformer.h.*.attn.c_proj"},
                              Module{"decoder.*.ffn_norm", "transformer.h.*.ln_2"},
                              Module{"decoder.*.ffn.up", "transformer.h.*.mlp.c_fc"},
                              Module{"decoder.*.ffn.down", "transformer.h.*.mlp.c_proj"},
                              Module{"decoder.norm", "transformer.ln_f"},
                              Module{"head", "lm_head"}};

// The causal mask, and the number that stood for minus infinity.
constexpr std::array<std::string_view, 2> kIgnored{"transformer.h.*.attn.bias",
                                                   "transformer.h.*.attn.masked_bias"};

}  // namespace

extern constinit const Family kGptBigCode{"gpt_bigcode", "GPTBigCodeForCausalLM", describe,
                                          kModules,      "transformer.",          kIgnored};

}  // namespace linnet::convert
