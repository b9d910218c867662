#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"

// GPT (Radford et al., 2018) as Hugging Face transformers stores it: norms after the branches,
// matrices as [in, out], and query, key and value in one.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{"attn_pdrop",
                                       "embd_pdrop",
                                       "resid_pdrop",
                                       "n_ctx",
                                       "n_special",
                                       "predict_special_tokens",
                                       "summary_activation",
                                       "summary_first_dropout",
                                       "summary_proj_to_labels",
                                       "summary_type",
                                       "summary_use_proj"};

void describe(Config& config, Found&, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kHarmless);
  spec.vocab = config.count("vocab_size", 40478);
  spec.tied_head = config.flag("tie_word_embeddings", true);

  model::Stack& s = spec.decoder;
  s.layers = config.count("n_layer", 12);
  s.d_model = config.count("n_embd", 768);
  s.heads = s.kv_heads = config.count("n_head", 12);
  s.d_head = std::max(1, s.d_model / s.heads);
  if (s.d_model % s.heads != 0) config.refuse("n_head", "does not divide n_embd");
  s.d_ff = 4 * s.d_model;
  s.place = model::NormPlace::after;
  s.final_norm = false;
  s.norm_eps = static_cast<float>(config.number("layer_norm_epsilon", 1e-5));
  s.position = model::Position::learned;
  s.positions = config.count("n_positions", 512);
  // Its "gelu" is the one with tanh.
  s.activation = read_activation(config, "afn", "gelu");
  if (s.activation == model::Activation::gelu) s.activation = model::Activation::gelu_tanh;
}

constexpr std::array kModules{
    Module{"embed.tokens", "transformer.tokens_embed"},
    Module{"decoder.positions", "transformer.positions_embed"},
    Module{"decoder.*.self_norm", "transformer.h.*.ln_1"},
    Module{"decoder.*.self.query", "transformer.h.*.attn.c_attn", true, 0, 3},
    Module{"decoder.*.self.key", "transformer.h.*.attn.c_attn", true, 1, 3},
    Module{"decoder.*.self.value", "transformer.h.*.attn.c_attn", true, 2, 3},
    Module{"decoder.*.self.out", "transformer.h.*.attn.c_proj", true},
    Module{"decoder.*.ffn_norm", "transformer.h.*.ln_2"},
    Module{"decoder.*.ffn.up", "transformer.h.*.mlp.c_fc", true},
    Module{"decoder.*.ffn.down", "transformer.h.*.mlp.c_proj", true},
    Module{"head", "lm_head"}};

// The causal mask and the numbers of positions.
constexpr std::array<std::string_view, 2> kIgnored{"transformer.h.*.attn.bias",
                                                   "transformer.position_ids"};

}  // namespace

extern constinit const Family kOpenAiGpt{"openai-gpt", "OpenAIGPTLMHeadModel", describe,
                                         kModules,     "transformer.",         kIgnored};

}  // namespace linnet::convert
