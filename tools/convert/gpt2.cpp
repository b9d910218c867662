#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"

// GPT-2 (Radford et al., 2019) as Hugging Face transformers stores it: matrices as [in, out], and
// query, key and value in one. GPT (Radford et al., 2018): the same with norms after the branches.
namespace linnet::convert {
namespace {

void describe_both(Config& config, model::Spec& spec, int vocab, int positions) {
  read_common_fields(config);
  config.harmless(kGptHarmless);
  config.harmless("n_ctx");
  spec.vocab = config.count("vocab_size", vocab);
  spec.tied_head = config.flag("tie_word_embeddings", true);

  model::Stack& s = spec.decoder;
  s.layers = config.count("n_layer", 12);
  s.d_model = config.count("n_embd", 768);
  s.heads = s.kv_heads = config.count("n_head", 12);
  split_heads(config, s, "n_head", "n_embd");
  s.d_ff = 4 * s.d_model;
  s.norm_eps = static_cast<float>(config.number("layer_norm_epsilon", 1e-5));
  s.position = model::Position::learned;
  s.positions = config.count("n_positions", positions);
}

void describe_gpt2(Config& config, Found& found, model::Spec& spec) {
  describe_both(config, spec, 50257, 1024);
  config.harmless("reorder_and_upcast_attn");  // the order of operations in half precision
  config.only("scale_attn_by_inverse_layer_idx", false);
  model::Stack& s = spec.decoder;
  s.d_ff = config.count("n_inner", s.d_ff);
  if (!config.flag("scale_attn_weights", true)) s.attention_scale = 1.0f;
  s.activation = read_activation(config, "activation_function", "gelu_new");
  found.words = {{"tokens", "wte"}, {"positions", "wpe"}};
}

void describe_gpt(Config& config, Found& found, model::Spec& spec) {
  describe_both(config, spec, 40478, 512);
  config.harmless("n_special");
  config.harmless("predict_special_tokens");
  model::Stack& s = spec.decoder;
  s.place = model::NormPlace::after;
  s.final_norm = false;
  // Its "gelu" is the one with tanh.
  s.activation = read_activation(config, "afn", "gelu");
  if (s.activation == model::Activation::gelu) s.activation = model::Activation::gelu_tanh;
  found.words = {{"tokens", "tokens_embed"}, {"positions", "positions_embed"}};
}

constexpr std::array kModules{
    Module{"embed.tokens", "transformer.{tokens}"},
    Module{"decoder.positions", "transformer.{positions}"},
    Module{"decoder.*.self_norm", "transformer.h.*.ln_1"},
    Module{"decoder.*.self.query", "transformer.h.*.attn.c_attn", true, 0, 3},
    Module{"decoder.*.self.key", "transformer.h.*.attn.c_attn", true, 1, 3},
    Module{"decoder.*.self.value", "transformer.h.*.attn.c_attn", true, 2, 3},
    Module{"decoder.*.self.out", "transformer.h.*.attn.c_proj", true},
    Module{"decoder.*.ffn_norm", "transformer.h.*.ln_2"},
    Module{"decoder.*.ffn.up", "transformer.h.*.mlp.c_fc", true},
    Module{"decoder.*.ffn.down", "transformer.h.*.mlp.c_proj", true},
    Module{"decoder.norm", "transformer.ln_f"},
    Module{"head", "lm_head"}};

// The causal mask, and the number that stood for minus infinity or the numbers of positions.
constexpr std::array<std::string_view, 2> kGpt2Ignored{"transformer.h.*.attn.bias",
                                                       "transformer.h.*.attn.masked_bias"};
constexpr std::array<std::string_view, 2> kGptIgnored{"transformer.h.*.attn.bias",
                                                      "transformer.position_ids"};

}  // namespace

// The first checkpoints, and those of the bare models, leave "transformer." out.
extern constinit const Family kGpt2{"gpt2",   "GPT2LMHeadModel", describe_gpt2,
                                    kModules, "transformer.",    kGpt2Ignored};
extern constinit const Family kOpenAiGpt{"openai-gpt", "OpenAIGPTLMHeadModel", describe_gpt,
                                         kModules,     "transformer.",         kGptIgnored};

}  // namespace linnet::convert
