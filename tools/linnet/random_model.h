#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/model/spec.h"

namespace linnet::tools {

// A model of random weights with the shape that `spec` says: for measuring speed before there is a
// checkpoint, and for tests. The same seed gives the same bits on every machine. Quantizable
// matrices are stored as `dtype`, the others as f32. Weights are uniform with
// deviation 1 / sqrt(inputs), gains lie near 1 and biases near 0, so that activations stay near 1.
core::Bundle random_model(const model::Spec& spec, core::Dtype dtype, std::uint64_t seed);

// What its weights take.
std::int64_t random_model_bytes(const model::Spec& spec, core::Dtype dtype);

// base^(-i / pairs) for i < pairs: the frequencies of plain rotary positions (Su et al., 2021).
std::vector<float> rotary_frequencies(int pairs, double base = 10000.0);

// What tells one Llama from another.
struct LlamaShape {
  int d_model, layers, heads, kv_heads, d_ff, vocab;  // heads divides d_model
  int context = 2048;
  bool tied_head = false;
};
model::Spec llama_spec(const LlamaShape& shape);

// What tells one encoder-decoder from another.
struct TranslatorShape {
  int d_model = 512, encoder_layers = 6, decoder_layers = 6, heads = 8;  // heads divides d_model
  int d_ff = 2048, vocab = 32'000;
  int positions = 512;
  bool operator==(const TranslatorShape&) const = default;
};
// The Transformer of Vaswani et al. (2017), by default its base model: norms after, ReLU,
// interleaved sinusoids, one matrix for both embeddings and the head. The tokens 1 and 2 begin and
// end a target.
model::Spec translator_spec(const TranslatorShape& shape);

}  // namespace linnet::tools
