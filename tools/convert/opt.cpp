#include <array>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"

// OPT (Zhang et al., 2022) as Hugging Face transformers stores it: learned positions, of which the
// first two rows are not used. The one of 350 M parameters norms after the branches; that its
// embeddings are narrower than its layers is not supported.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{"dropout", "activation_dropout", "layerdrop", "init_std"};

void describe(Config& config, Found&, model::Spec& spec) {
  read_common_fields(config);
  config.harmless(kHarmless);
  config.only("enable_bias", true);
  config.only("layer_norm_elementwise_affine", true);
  spec.vocab = config.count("vocab_size");
  spec.tied_head = config.flag("tie_word_embeddings", true);

  model::Stack& s = spec.decoder;
  s.layers = config.count("num_hidden_layers");
  s.d_model = config.count("hidden_size");
  s.d_ff = config.count("ffn_dim");
  s.heads = s.kv_heads = config.count("num_attention_heads");
  split_heads(config, s);
  if (config.count("word_embed_proj_dim", s.d_model) != s.d_model)
    config.refuse("word_embed_proj_dim", "is not hidden_size: not supported");
  const bool before = config.flag("do_layer_norm_before", true);
  s.place = before ? model::NormPlace::before : model::NormPlace::after;
  const bool removed = config.flag("_remove_final_layer_norm", false);
  s.final_norm = before && !removed;
  s.position = model::Position::learned;
  s.position_start = 2;
  s.positions = config.count("max_position_embeddings", 2048) + s.position_start;
  s.activation = read_activation(config, "activation_function", "relu");
}

constexpr std::array kModules{
    Module{"embed.tokens", "model.decoder.embed_tokens"},
    Module{"decoder.positions", "model.decoder.embed_positions"},
    Module{"decoder.*.self_norm", "model.decoder.layers.*.self_attn_layer_norm"},
    Module{"decoder.*.self.query", "model.decoder.layers.*.self_attn.q_proj"},
    Module{"decoder.*.self.key", "model.decoder.layers.*.self_attn.k_proj"},
    Module{"decoder.*.self.value", "model.decoder.layers.*.self_attn.v_proj"},
    Module{"decoder.*.self.out", "model.decoder.layers.*.self_attn.out_proj"},
    Module{"decoder.*.ffn_norm", "model.decoder.layers.*.final_layer_norm"},
    Module{"decoder.*.ffn.up", "model.decoder.layers.*.fc1"},
    Module{"decoder.*.ffn.down", "model.decoder.layers.*.fc2"},
    Module{"decoder.norm", "model.decoder.final_layer_norm"},
    Module{"head", "lm_head"}};

}  // namespace

// The first checkpoints leave "model." out.
extern constinit const Family kOpt{"opt", "OPTForCausalLM", describe, kModules, "model.", {}};

}  // namespace linnet::convert
