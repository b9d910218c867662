#include <array>
#include <cmath>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"

// T5 (Raffel et al., 2020), T5 1.1, FLAN-T5 and mT5 as Hugging Face transformers stores them: RMS
// norms before the branches, no biases, scores that are not scaled, and one table of relative
// positions for each stack, stored in its first layer.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{"dropout_rate",  "initializer_factor", "output_past",
                                       "is_gated_act",  "dense_act_fn",       "tokenizer_class",
                                       "max_new_tokens"};

// "relu", or "gated-" and the activation of the gate; "gated-gelu" means the one with tanh.
void read_feed_forward(Config& config, model::Stack& s) {
  const std::string spelled = config.text("feed_forward_proj", "relu");
  s.gated = spelled.starts_with("gated-");
  const std::string name = s.gated ? spelled.substr(6) : spelled;
  if (name == "relu")
    s.activation = model::Activation::relu;
  else if (name == "silu")
    s.activation = model::Activation::silu;
  else if (name == "gelu" || name == "gelu_new")
    s.activation =
        s.gated || name == "gelu_new" ? model::Activation::gelu_tanh : model::Activation::gelu;
  else
    config.refuse("feed_forward_proj", core::say("is '", shown(spelled), "', not supported"));
}

void describe_stack(Config& config, model::Stack& s) {
  s.d_model = config.count("d_model");
  s.d_ff = config.count("d_ff");
  s.heads = s.kv_heads = config.count("num_heads");
  s.d_head = config.count("d_kv");
  s.norm = model::NormKind::rms;
  s.norm_eps = static_cast<float>(config.number("layer_norm_epsilon", 1e-6));
  s.attention_scale = 1.0f;
  s.position = model::Position::relative_bias;
  s.positions = config.count("n_positions", 512);
  s.relative_buckets = config.count("relative_attention_num_buckets", 32);
  s.relative_distance = config.count("relative_attention_max_distance", 128);
  s.qkv_bias = s.out_bias = s.ffn_bias = false;
  read_feed_forward(config, s);
}

void describe(Config& config, Found& found, model::Spec& spec) {
  read_common_fields(config, Kind::encoder_decoder);
  config.harmless(kHarmless);
  spec.vocab = config.count("vocab_size");
  spec.encoder.layers = config.count("num_layers");
  spec.decoder.layers = config.count("num_decoder_layers", spec.encoder.layers);
  describe_stack(config, spec.encoder);
  describe_stack(config, spec.decoder);
  spec.decoder.cross = true;

  // The first T5 has a tied head, whose inputs are scaled. Later ones have neither, but since
  // version 5 the library says so by another field and writes that all heads are tied.
  const bool tied = config.flag("tie_word_embeddings", true);
  const bool scaled = config.flag("scale_decoder_outputs", tied);
  const bool has_head = found.checkpoint.find("lm_head.weight") >= 0;
  spec.tied_head = !has_head || (tied && scaled);
  if (scaled)
    spec.logit_scale =
        static_cast<float>(1.0 / std::sqrt(static_cast<double>(spec.decoder.d_model)));
  read_sequences(config, "pad_token_id", spec.sequences);
  spec.sequences.source_end = spec.sequences.ends;
  found.words["up"] = spec.encoder.gated ? "wi_1" : "wi";
}

constexpr std::array kModules{
    Module{"embed.tokens", "shared"},
    Module{"embed.tokens", "decoder.embed_tokens"},
    Module{"embed.source", "encoder.embed_tokens"},
    Module{"encoder.relative", "encoder.block.0.layer.0.SelfAttention.relative_attention_bias",
           true},
    Module{"encoder.*.self_norm", "encoder.block.*.layer.0.layer_norm"},
    Module{"encoder.*.self.query", "encoder.block.*.layer.0.SelfAttention.q"},
    Module{"encoder.*.self.key", "encoder.block.*.layer.0.SelfAttention.k"},
    Module{"encoder.*.self.value", "encoder.block.*.layer.0.SelfAttention.v"},
    Module{"encoder.*.self.out", "encoder.block.*.layer.0.SelfAttention.o"},
    Module{"encoder.*.ffn_norm", "encoder.block.*.layer.1.layer_norm"},
    Module{"encoder.*.ffn.gate", "encoder.block.*.layer.1.DenseReluDense.wi_0"},
    Module{"encoder.*.ffn.up", "encoder.block.*.layer.1.DenseReluDense.{up}"},
    Module{"encoder.*.ffn.down", "encoder.block.*.layer.1.DenseReluDense.wo"},
    Module{"encoder.norm", "encoder.final_layer_norm"},
    Module{"decoder.relative", "decoder.block.0.layer.0.SelfAttention.relative_attention_bias",
           true},
    Module{"decoder.*.self_norm", "decoder.block.*.layer.0.layer_norm"},
    Module{"decoder.*.self.query", "decoder.block.*.layer.0.SelfAttention.q"},
    Module{"decoder.*.self.key", "decoder.block.*.layer.0.SelfAttention.k"},
    Module{"decoder.*.self.value", "decoder.block.*.layer.0.SelfAttention.v"},
    Module{"decoder.*.self.out", "decoder.block.*.layer.0.SelfAttention.o"},
    Module{"decoder.*.cross_norm", "decoder.block.*.layer.1.layer_norm"},
    Module{"decoder.*.cross.query", "decoder.block.*.layer.1.EncDecAttention.q"},
    Module{"decoder.*.cross.key", "decoder.block.*.layer.1.EncDecAttention.k"},
    Module{"decoder.*.cross.value", "decoder.block.*.layer.1.EncDecAttention.v"},
    Module{"decoder.*.cross.out", "decoder.block.*.layer.1.EncDecAttention.o"},
    Module{"decoder.*.ffn_norm", "decoder.block.*.layer.2.layer_norm"},
    Module{"decoder.*.ffn.gate", "decoder.block.*.layer.2.DenseReluDense.wi_0"},
    Module{"decoder.*.ffn.up", "decoder.block.*.layer.2.DenseReluDense.{up}"},
    Module{"decoder.*.ffn.down", "decoder.block.*.layer.2.DenseReluDense.wo"},
    Module{"decoder.norm", "decoder.final_layer_norm"},
    Module{"head", "lm_head"}};

// The first checkpoints have a table for cross attention, which was never read.
constexpr std::array<std::string_view, 1> kIgnored{
    "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"};

}  // namespace

extern constinit const Family kT5{"t5",    "T5ForConditionalGeneration", describe, kModules, "",
                                  kIgnored};
extern constinit const Family kMt5{"mt5",   "MT5ForConditionalGeneration", describe, kModules, "",
                                   kIgnored};

}  // namespace linnet::convert
