#include "tools/linnet/random_model.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string_view>

#include "engine/core/bundle_builder.h"
#include "engine/model/spec_settings.h"
#include "engine/model/tensors.h"
#include "kernels/pack.h"

namespace linnet::tools {
namespace {

using core::Dtype;

// SplitMix64 (Steele, Lea and Flood, 2014).
class Random {
 public:
  // One stream for each name, so that a tensor does not depend on those before it.
  Random(std::uint64_t seed, std::string_view name) : state_(seed) {
    for (const char c : name) state_ = next() ^ static_cast<unsigned char>(c);
  }
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // In [-1, 1), a multiple of 2^-23.
  float uniform() { return static_cast<float>(static_cast<std::int64_t>(next()) >> 40) * 0x1p-23f; }
  // In [-top, top].
  std::int8_t integer(int top) {
    return static_cast<std::int8_t>(static_cast<int>(next() >> 32 & 0xFFFF) % (2 * top + 1) - top);
  }

 private:
  std::uint64_t state_;
};

// Integers with scales of their own, as such a checkpoint would bring them.
void fill_integers(std::byte* panel, Dtype dtype, Random& random, float range, int rows, int in) {
  const int groups = kernels::groups_of(in), top = dtype == Dtype::i8h ? 127 : 7;
  std::vector<std::int8_t> values;
  std::vector<std::uint16_t> scales;
  for (int i = 0; i < rows * in; ++i) values.push_back(random.integer(top));
  for (int i = 0; i < rows * groups; ++i) {
    const float scale = range / static_cast<float>(top) * (1.0f + 0.25f * random.uniform());
    scales.push_back(core::has_half_scales(dtype) ? kernels::to_f16(scale)
                                                  : kernels::to_bf16(scale));
  }
  (dtype == Dtype::i8h ? kernels::pack_panel_i8_exact : kernels::pack_panel_i4_exact)(
      panel, values.data(), scales.data(), rows, in);
}

void fill_panel(std::byte* panel, Dtype dtype, const float* rows, int count, int in) {
  kernels::QuantizationError unused;
  switch (dtype) {
    case Dtype::f32:
      return kernels::pack_panel_f32(panel, rows, count, in);
    case Dtype::f16:
      return kernels::pack_panel_f16(panel, rows, count, in);
    case Dtype::i8:
      return kernels::pack_panel_i8(panel, rows, count, in, unused);
    default:
      assert(false);
  }
}

void add_matrix(core::BundleBuilder& builder, const model::TensorShape& shape, Dtype dtype,
                Random random) {
  const float range = std::sqrt(3.0f / static_cast<float>(shape.in));
  std::byte* panel = builder.add_matrix(shape.name, dtype, shape.out, shape.in).data();
  std::vector<float> rows(static_cast<std::size_t>(kernels::kPanel) *
                          static_cast<std::size_t>(shape.in));
  for (int first = 0; first < shape.out; first += kernels::kPanel) {
    const int count = std::min(kernels::kPanel, shape.out - first);
    if (dtype > Dtype::i8) {
      fill_integers(panel, dtype, random, range, count, shape.in);
    } else {
      for (int i = 0; i < count * shape.in; ++i)
        rows[static_cast<std::size_t>(i)] = range * random.uniform();
      fill_panel(panel, dtype, rows.data(), count, shape.in);
    }
    panel += core::panel_bytes(dtype, shape.in);
  }
}

void add_vector(core::BundleBuilder& builder, const model::TensorShape& shape, Random random) {
  const float middle = shape.name.ends_with(".gain") ? 1.0f : 0.0f;
  std::vector<float> values(static_cast<std::size_t>(shape.in));
  for (float& value : values) value = middle + 0.125f * random.uniform();
  builder.add_vector(shape.name, values);
}

}  // namespace

core::Bundle random_model(const model::Spec& spec, Dtype dtype, std::uint64_t seed) {
  assert(model::check(spec));
  core::BundleBuilder builder;
  model::write_spec(spec, builder);
  model::for_each_tensor(spec, [&](const model::TensorShape& shape) {
    const Random random(seed, shape.name);
    if (shape.vector) {
      add_vector(builder, shape, random);
    } else {
      add_matrix(builder, shape, shape.quantizable ? dtype : Dtype::f32, random);
    }
  });
  return builder.build();
}

std::int64_t random_model_bytes(const model::Spec& spec, Dtype dtype) {
  std::int64_t bytes = 0;
  model::for_each_tensor(spec, [&](const model::TensorShape& shape) {
    if (shape.vector)
      bytes += std::int64_t{shape.in} * 4;
    else
      bytes += std::int64_t{kernels::panels_of(shape.out)} *
               core::panel_bytes(shape.quantizable ? dtype : Dtype::f32, shape.in);
  });
  return bytes;
}

// No pow(): its last bit differs between C libraries.
std::vector<float> rotary_frequencies(int pairs, double base) {
  double low = 0, high = 1;  // around base^(-1 / pairs)
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    double power = base;
    for (int i = 0; i < pairs; ++i) power *= middle;
    (power < 1 ? low : high) = middle;
  }
  std::vector<float> frequencies;
  double frequency = 1;
  for (int i = 0; i < pairs; ++i, frequency *= low)
    frequencies.push_back(static_cast<float>(frequency));
  return frequencies;
}

model::Spec llama_spec(const LlamaShape& shape) {
  assert(shape.d_model % shape.heads == 0);
  const int d_head = shape.d_model / shape.heads;
  return {.family = "llama",
          .vocab = shape.vocab,
          .encoder = {},
          .decoder = {.layers = shape.layers,
                      .d_model = shape.d_model,
                      .d_ff = shape.d_ff,
                      .heads = shape.heads,
                      .kv_heads = shape.kv_heads,
                      .d_head = d_head,
                      .norm = model::NormKind::rms,
                      .position = model::Position::rotary,
                      .positions = shape.context,
                      .rotary = {.frequencies = rotary_frequencies(d_head / 2)},
                      .activation = model::Activation::silu,
                      .gated = true,
                      .qkv_bias = false,
                      .out_bias = false,
                      .ffn_bias = false},
          .tied_head = shape.tied_head};
}

model::Spec translator_spec(const TranslatorShape& shape) {
  assert(shape.d_model % shape.heads == 0);
  const model::Stack encoder{.layers = shape.encoder_layers,
                             .d_model = shape.d_model,
                             .d_ff = shape.d_ff,
                             .heads = shape.heads,
                             .kv_heads = shape.heads,
                             .d_head = shape.d_model / shape.heads,
                             .place = model::NormPlace::after,
                             .final_norm = false,
                             .position = model::Position::sinusoid,
                             .positions = shape.positions,
                             .rotary = {},
                             .sinusoid_frequencies = rotary_frequencies(shape.d_model / 2),
                             .activation = model::Activation::relu};
  model::Spec spec{.family = "transformer",
                   .vocab = shape.vocab,
                   .embed_scale = std::sqrt(static_cast<float>(shape.d_model)),
                   .encoder = encoder,
                   .decoder = encoder,
                   .sequences = {.source_begin = {},
                                 .source_end = {2},
                                 .start = {1},
                                 .ends = {2},
                                 .forced_first = {},
                                 .suppressed = {}},
                   .tied_head = true};
  spec.decoder.layers = shape.decoder_layers;
  spec.decoder.cross = true;
  return spec;
}

}  // namespace linnet::tools
