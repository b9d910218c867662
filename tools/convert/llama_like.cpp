#include "tools/convert/llama_like.h"

#include <algorithm>

#include "tools/convert/hugging_face.h"

namespace linnet::convert {

void describe_llama_like(Config& config, model::Spec& spec, const RotaryFields& rotary) {
  read_common_fields(config);
  spec.vocab = config.count("vocab_size");
  spec.tied_head = config.flag("tie_word_embeddings", false);

  model::Stack& s = spec.decoder;
  read_sizes(config, s);
  s.kv_heads = config.count("num_key_value_heads", s.heads);
  s.d_head = config.count("head_dim", std::max(1, s.d_model / s.heads));
  if (!config.has("head_dim") && s.d_model % s.heads != 0)
    config.refuse("num_attention_heads", "does not divide hidden_size, and there is no head_dim");

  s.norm = model::NormKind::rms;
  s.norm_eps = static_cast<float>(config.number("rms_norm_eps", 1e-6));
  s.position = model::Position::rotary;
  s.positions = config.count("max_position_embeddings", 2048);
  s.rotary = read_rotary(config, s.d_head, s.positions, rotary);
  s.activation = read_activation(config, "hidden_act", "silu");
  s.gated = true;
  s.qkv_bias = s.out_bias = s.ffn_bias = false;
}

}  // namespace linnet::convert
