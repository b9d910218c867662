#include <algorithm>
#include <array>

#include "engine/core/limits.h"
#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"
#include "tools/convert/rotary.h"

// GPT-J (Wang and Komatsuzaki, 2021) as Hugging Face transformers stores it: both branches of a
// layer read the same norm, neighbours in the first rotary_dim numbers of each head turn, biases
// only in the feed-forward network and the head.
namespace linnet::convert {
namespace {

// Old versions of the library took a null, or more than a head has, for all of it; later ones
// cannot run such a model. Heads that are too wide are refused when the Spec is checked.
int turned_numbers(Config& config, int d_head) {
  const int turned = config.count("rotary_dim", 64);
  const bool fine = turned % 2 == 0 && turned <= d_head && !config.is_null("rotary_dim");
  if (!fine) config.refuse("rotary_dim", "must be an even number, at most n_embd / n_head");
  return fine ? std::min(turned, static_cast<int>(core::limits::kHeadWidth)) : 2;
}

void describe(Config& config, Found&, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kGptHarmless);
  config.harmless("n_ctx");
  config.only("rotary", true);
  config.only("scale_attn_weights", true);
  spec.vocab = config.count("vocab_size", 50400);
  spec.tied_head = config.flag("tie_word_embeddings", false);
  spec.head_bias = true;

  model::Stack& s = spec.decoder;
  s.layers = config.count("n_layer", 28);
  s.d_model = config.count("n_embd", 4096);
  s.heads = s.kv_heads = config.count("n_head", 16);
  split_heads(config, s, "n_head", "n_embd");
  s.d_ff = config.count("n_inner", 4 * s.d_model);
  s.norm_eps = static_cast<float>(config.number("layer_norm_epsilon", 1e-5));
  s.parallel = true;
  s.positions = config.count("n_positions", 2048);
  s.position = model::Position::rotary;
  s.rotary.interleaved = true;
  s.rotary.frequencies = plain_frequencies(10'000.0, turned_numbers(config, s.d_head) / 2);
  s.activation = read_activation(config, "activation_function", "gelu_new");
  s.qkv_bias = s.out_bias = false;
}

constexpr std::array kModules{Module{"embed.tokens", "transformer.wte"},
                              Module{"decoder.*.self_norm", "transformer.h.*.ln_1"},
                              Module{"decoder.*.self.query", "transformer.h.*.attn.q_proj"},
                              Module{"decoder.*.self.key", "transformer.h.*.attn.k_proj"},
                              Module{"decoder.*.self.value", "transformer.h.*.attn.v_proj"},
                              Module{"decoder.*.self.out", "transformer.h.*.attn.out_proj"},
                              Module{"decoder.*.ffn_norm", "transformer.h.*.ln_1"},
                              Module{"decoder.*.ffn.up", "transformer.h.*.mlp.fc_in"},
                              Module{"decoder.*.ffn.down", "transformer.h.*.mlp.fc_out"},
                              Module{"decoder.norm", "transformer.ln_f"},
                              Module{"head", "lm_head"}};

// The causal mask, and the number that stood for minus infinity.
constexpr std::array<std::string_view, 2> kIgnored{"transformer.h.*.attn.bias",
                                                   "transformer.h.*.attn.masked_bias"};

}  // namespace

extern constinit const Family kGptJ{"gptj", "GPTJForCausalLM", describe, kModules, "", kIgnored};

}  // namespace linnet::convert
