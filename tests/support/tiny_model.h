#pragma once

#include <cstdint>

#include "engine/core/bundle.h"
#include "engine/model/spec.h"
#include "tools/linnet/random_model.h"

// Small models of random weights, with sizes that fill no panel, group, tile or page evenly.
namespace linnet::support {

// Llama: RMS norms, rotary positions, gated SiLU, two queries to a key, a head of its own.
inline model::Spec tiny_llama() {
  return tools::llama_spec({.d_model = 48,
                            .layers = 2,
                            .heads = 4,
                            .kv_heads = 2,
                            .d_ff = 172,
                            .vocab = 97,
                            .context = 200});
}

// GPT-2: layer norms, learned positions, GELU, biases everywhere, the embedding as the head.
inline model::Spec tiny_gpt2() {
  model::Spec spec;
  spec.family = "gpt2";
  spec.vocab = 89;
  spec.tied_head = true;
  model::Stack& s = spec.decoder;
  s.layers = 2;
  s.d_model = 36;
  s.d_ff = 100;
  s.heads = s.kv_heads = 3;
  s.d_head = 12;
  s.position = model::Position::learned;
  s.positions = 150;
  s.activation = model::Activation::gelu_tanh;
  return spec;
}

inline core::Bundle tiny_model(const model::Spec& spec, core::Dtype dtype, std::uint64_t seed = 1) {
  return tools::random_model(spec, dtype, seed);
}

}  // namespace linnet::support
