#include <algorithm>
#include <array>

#include "tools/convert/hugging_face.h"
#include "tools/convert/reader_heads.h"
#include "tools/convert/rotary.h"

// ModernBERT (Warner et al., 2024) as Hugging Face transformers stores it: norms before the
// branches but for the first, rotary positions, gated GELU, and windows in two of three layers.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{"attention_dropout",
                                       "embedding_dropout",
                                       "mlp_dropout",
                                       "initializer_cutoff_factor",
                                       "deterministic_flash_attn",
                                       "sparse_prediction",
                                       "sparse_pred_ignore_index",
                                       "reference_compile",
                                       "repad_logits_with_grad",
                                       "cls_token_id",
                                       "layer_norm_eps",
                                       "position_embedding_type",
                                       "hidden_dropout",
                                       "layer_types"};

void describe_windows(Config& config, model::Stack& s) {
  s.window = config.count("local_attention", 128);
  s.window_period = config.count("global_attn_every_n_layers", 3);
  s.window_after = true;
  if (s.window_period == 1) s.window = 0;
  s.position = model::Position::rotary;
  s.positions = config.count("max_position_embeddings", 8192);
  // Their names before there was rope_parameters.
  const double base = config.number("global_rope_theta", 160'000.0);
  const double window_base = config.number("local_rope_theta", 10'000.0);
  if (base < 1.0 || window_base < 1.0) config.refuse("global_rope_theta", "is out of range");
  read_two_rotaries(config, s, std::max(1.0, base), std::max(1.0, window_base));
}

// All its heads read norm(f(W x)).
void describe_heads(Config& config, Found& found, model::Spec& spec) {
  describe_reading(config, found, spec, {.dense = "head.dense", .transform = "head.dense"});
  model::Reading& r = spec.reading;
  r.pooler_norm = true;
  r.pooler_bias = r.transform_bias = config.flag("classifier_bias", false);
  r.pooler_activation = r.transform_activation =
      read_activation(config, "classifier_activation", "gelu");
  if (r.classes >= model::Classes::tokens) {
    r.pooler = true;
    found.words["pooler"] = "head.dense";
  }
  const std::string pooling = config.text("classifier_pooling", "cls");
  if (pooling != "cls" && pooling != "mean")
    config.refuse("classifier_pooling", "is neither cls nor mean");
  if (r.classes == model::Classes::sequence && pooling == "mean") r.pooling = model::Pooling::mean;
  const bool bias = config.flag("decoder_bias", true);
  if (spec.head == model::Head::logits) spec.head_bias = bias;
}

void describe(Config& config, Found& found, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kHarmless);
  spec.vocab = config.count("vocab_size");
  model::Stack& s = spec.encoder;
  read_sizes(config, s);
  split_heads(config, s);
  s.norm_eps = static_cast<float>(config.number("norm_eps", 1e-5));
  s.norm_bias = config.flag("norm_bias", false);
  s.embed_norm = true;
  s.first_norm = false;
  s.qkv_bias = s.out_bias = config.flag("attention_bias", false);
  s.ffn_bias = config.flag("mlp_bias", false);
  s.gated = true;
  s.activation = read_activation(config, "hidden_activation", "gelu");
  describe_windows(config, s);
  describe_heads(config, found, spec);
}

constexpr std::array kModules{
    Module{"embed.tokens", "model.embeddings.tok_embeddings"},
    Module{"encoder.embed_norm", "model.embeddings.norm"},
    Module{"encoder.*.self_norm", "model.layers.*.attn_norm"},
    Module{"encoder.*.self.query", "model.layers.*.attn.Wqkv", false, 0, 3},
    Module{"encoder.*.self.key", "model.layers.*.attn.Wqkv", false, 1, 3},
    Module{"encoder.*.self.value", "model.layers.*.attn.Wqkv", false, 2, 3},
    Module{"encoder.*.self.out", "model.layers.*.attn.Wo"},
    Module{"encoder.*.ffn_norm", "model.layers.*.mlp_norm"},
    Module{"encoder.*.ffn.gate", "model.layers.*.mlp.Wi", false, 0, 2},
    Module{"encoder.*.ffn.up", "model.layers.*.mlp.Wi", false, 1, 2},
    Module{"encoder.*.ffn.down", "model.layers.*.mlp.Wo"},
    Module{"encoder.norm", "model.final_norm"},
    Module{"pooler", "head.dense"},
    Module{"pooler_norm", "head.norm"},
    Module{"classes", "{classes}"},
    Module{"head_transform", "head.dense"},
    Module{"head_norm", "head.norm"},
    Module{"head", "decoder"}};

}  // namespace

extern constinit const Family kModernBert{"modernbert", "ModernBert*", describe,
                                          kModules,     "model.",      {}};

}  // namespace linnet::convert
