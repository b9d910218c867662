#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"

// GPT-2 (Radford et al., 2019) as Hugging Face transformers stores it: matrices as [in, out], and
// query, key and value in one.
namespace linnet::convert {
namespace {

// Of training, and of heads that classify.
constexpr std::string_view kHarmless[]{"attn_pdrop",
                                       "embd_pdrop",
                                       "resid_pdrop",
                                       "n_ctx",
                                       "summary_activation",
                                       "summary_first_dropout",
                                       "summary_proj_to_labels",
                                       "summary_type",
                                       "summary_use_proj"};

void describe(Config& config, Found&, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kHarmless);
  config.harmless("reorder_and_upcast_attn");  // the order of operations in half precision
  config.only("scale_attn_by_inverse_layer_idx", false);

  spec.vocab = config.count("vocab_size", 50257);
  spec.tied_head = config.flag("tie_word_embeddings", true);

  model::Stack& s = spec.decoder;
  s.layers = config.count("n_layer", 12);
  s.d_model = config.count("n_embd", 768);
  s.heads = s.kv_heads = config.count("n_head", 12);
  s.d_head = std::max(1, s.d_model / s.heads);
  if (s.d_model % s.heads != 0) config.refuse("n_head", "does not divide n_embd");
  s.d_ff = config.count("n_inner", 4 * s.d_model);

  s.norm = model::NormKind::layer;
  s.norm_eps = static_cast<float>(config.number("layer_norm_epsilon", 1e-5));
  s.position = model::Position::learned;
  s.positions = config.count("n_positions", 1024);
  if (!config.flag("scale_attn_weights", true)) s.attention_scale = 1.0f;
  s.activation = read_activation(config, "activation_function", "gelu_new");
}

constexpr std::array kModules{
    Module{"embed.tokens", "transformer.wte"},
    Module{"decoder.positions", "transformer.wpe"},
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

// The causal mask and the number that stood for minus infinity.
constexpr std::array<std::string_view, 2> kIgnored{"transformer.h.*.attn.bias",
                                                   "transformer.h.*.attn.masked_bias"};

}  // namespace

// The first checkpoints, and those of the bare GPT2Model, leave "transformer." out.
extern constinit const Family kGpt2{"gpt2",   "GPT2LMHeadModel", describe,
                                    kModules, "transformer.",    kIgnored};

}  // namespace linnet::convert
