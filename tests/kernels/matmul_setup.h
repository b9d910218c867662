#pragma once

#include <algorithm>
#include <vector>

#include "kernels/pack.h"
#include "tests/support/bits.h"
#include "tests/support/guarded.h"

// Weights, activations and results for tests of matmul, in memory that ends where they end.
namespace linnet::support {

using kernels::kGroup, kernels::kPanel, kernels::kQuad, kernels::kTile;

struct MatmulShape {
  int in, panels, tokens;
  bool bias = false;
  int padding = 0;  // more columns in the rows of x and y, more kAlignment units between panels
};

// What the columns behind the results hold before and after.
inline constexpr float kUntouched = 7.25f;

class Results {
 public:
  explicit Results(const MatmulShape& shape)
      : stride(shape.panels * kPanel + shape.padding), y(std::int64_t{shape.tokens} * stride) {
    std::fill(y.begin(), y.end(), kUntouched);
  }
  std::vector<float> values() { return {y.begin(), y.end()}; }

  int stride;
  Guarded<float> y;
};

inline std::vector<float> random_bias(const MatmulShape& shape, Random& random) {
  return shape.bias ? random_floats(random, shape.panels * kPanel, -3.0f, 3.0f)
                    : std::vector<float>();
}

// Rows [tokens][in] times a matrix [panels * kPanel][in] of floats or of half-precision numbers.
template <class W>
class MatmulSetup {
 public:
  MatmulSetup(const MatmulShape& given, Random& random)
      : shape(given),
        stride((sizeof(W) == 4 ? kernels::panel_bytes_f32(given.in)
                               : kernels::panel_bytes_f16(given.in)) +
               given.padding * kernels::kAlignment),
        x_stride(given.in + given.padding),
        w(stride * given.panels, kernels::kAlignment),
        x(std::max(0, given.tokens * x_stride - given.padding)),
        bias(random_bias(given, random)) {
    for (float& v : x) v = random.uniform(-4.0f, 4.0f);
    rows = random_floats(random, shape.panels * kPanel * shape.in, -1.0f, 1.0f);
    for (int p = 0; p < shape.panels; ++p) {
      const float* from = rows.data() + p * kPanel * shape.in;
      if constexpr (sizeof(W) == 4) {
        kernels::pack_panel_f32(w.data() + p * stride, from, kPanel, shape.in);
      } else {
        kernels::pack_panel_f16(w.data() + p * stride, from, kPanel, shape.in);
      }
    }
  }
  // The weight as it is stored.
  float weight(int row, int i) const {
    const float value = rows[static_cast<std::size_t>(row * shape.in + i)];
    return sizeof(W) == 4 ? value : kernels::from_f16(kernels::to_f16(value));
  }
  std::vector<float> run(const kernels::Table& table) const {
    Results results(shape);
    const kernels::Matmul<W> args = {.w = reinterpret_cast<const W*>(w.data()),
                                     .panel_stride = stride,
                                     .panels = shape.panels,
                                     .x = x.data(),
                                     .x_stride = x_stride,
                                     .in = shape.in,
                                     .tokens = shape.tokens,
                                     .bias = shape.bias ? bias.data() : nullptr,
                                     .y = results.y.data(),
                                     .y_stride = results.stride};
    if constexpr (sizeof(W) == 4) {
      table.matmul_f32(args);
    } else {
      table.matmul_f16(args);
    }
    return results.values();
  }

  MatmulShape shape;
  std::int64_t stride;
  int x_stride;
  std::vector<float> rows;
  Guarded<std::byte> w;
  Guarded<float> x;
  std::vector<float> bias;
};

// The same with int8 or int4 weights and int8 activations: integers and scales are drawn, not
// quantised.
template <int kBits>
class MatmulIntSetup {
 public:
  static constexpr kernels::GroupedLayout kLayout = kernels::GroupedLayout(kBits);
  static constexpr int kLow = kBits == 8 ? -127 : -8, kHigh = kBits == 8 ? 127 : 7;

  // `extreme`: all integers are the largest or the smallest.
  MatmulIntSetup(const MatmulShape& given, kernels::ScaleFormat scale_format, bool extreme,
                 Random& random)
      : shape(given),
        format(scale_format),
        groups(kernels::groups_of(given.in)),
        stride(kLayout.panel_bytes(given.in) + given.padding * kernels::kAlignment),
        w(stride * given.panels, kernels::kAlignment),
        x(std::int64_t{given.tokens} * groups * kGroup, kernels::kAlignment),
        x_scales(std::int64_t{given.tokens} * groups),
        x_offsets(std::int64_t{given.tokens} * groups),
        bias(random_bias(given, random)) {
    draw_weights(extreme, random);
    draw_activations(extreme, random);
  }
  std::vector<float> run(const kernels::Table& table) const {
    Results results(shape);
    const auto matmul = kBits == 8 ? table.matmul_i8 : table.matmul_i4;
    matmul({.w = w.data(),
            .panel_stride = stride,
            .panels = shape.panels,
            .scale_format = format,
            .groups = groups,
            .x = x.data(),
            .x_scales = x_scales.data(),
            .x_offsets = x_offsets.data(),
            .tokens = shape.tokens,
            .bias = shape.bias ? bias.data() : nullptr,
            .y = results.y.data(),
            .y_stride = results.stride});
    return results.values();
  }
  int weight(int row, int i) const { return rows[static_cast<std::size_t>(row * shape.in + i)]; }
  int input(int token, int i) const {
    return inputs[static_cast<std::size_t>(token * shape.in + i)];
  }
  float weight_scale(int row, int g) const {
    const std::uint16_t bits = scales[static_cast<std::size_t>(row * groups + g)];
    return format == kernels::ScaleFormat::bf16 ? kernels::from_bf16(bits)
                                                : kernels::from_f16(bits);
  }
  float input_scale(int token, int g) const {
    return input_scales[static_cast<std::size_t>(token * groups + g)];
  }

  MatmulShape shape;
  kernels::ScaleFormat format;
  int groups;
  std::int64_t stride;
  std::vector<std::int8_t> rows, inputs;  // [rows or tokens][in]
  std::vector<std::uint16_t> scales;      // [rows][groups]
  std::vector<float> input_scales;        // [tokens][groups]
  Guarded<std::byte> w;
  Guarded<std::int8_t> x;
  Guarded<float> x_scales;
  Guarded<std::int32_t> x_offsets;
  std::vector<float> bias;

 private:
  static std::vector<std::int8_t> draw(int count, int low, int high, bool extreme, Random& random) {
    std::vector<std::int8_t> values(static_cast<std::size_t>(count));
    for (std::int8_t& v : values) {
      const int any = random.below(high - low + 1) + low;
      v = static_cast<std::int8_t>(extreme ? (any < 0 ? low : high) : any);
    }
    // Whole rows of one sign give the largest sums; what is stored as 0 gives none.
    const int all = low == -8 ? high : low;
    if (extreme) std::fill_n(values.begin(), std::min(count, 64), static_cast<std::int8_t>(all));
    return values;
  }
  void draw_weights(bool extreme, Random& random) {
    const int row_count = shape.panels * kPanel;
    rows = draw(row_count * shape.in, kLow, kHigh, extreme, random);
    scales.resize(static_cast<std::size_t>(row_count * groups));
    for (std::uint16_t& bits : scales) {
      const float scale = random.uniform(1e-4f, 2e-2f);
      bits = format == kernels::ScaleFormat::bf16 ? kernels::to_bf16_up(scale)
                                                  : kernels::to_f16(scale);
      if (kBits == 4 && &bits - scales.data() == 1) bits |= 0x8000;
    }
    // A subnormal float16 is a value like any other.
    if (format == kernels::ScaleFormat::f16 && !scales.empty()) scales[0] = 0x0001;
    for (int p = 0; p < shape.panels; ++p)
      (kBits == 8 ? kernels::pack_panel_i8_exact : kernels::pack_panel_i4_exact)(
          w.data() + p * stride, rows.data() + p * kPanel * shape.in,
          scales.data() + p * kPanel * groups, kPanel, shape.in);
  }
  void draw_activations(bool extreme, Random& random) {
    inputs = draw(shape.tokens * shape.in, -127, 127, extreme, random);
    input_scales = random_floats(random, shape.tokens * groups, 1e-3f, 0.5f);
    for (int t = 0; t < shape.tokens; ++t) {
      const int first = t / kTile * kTile, width = std::min(kTile, shape.tokens - first);
      for (int i = 0; i < shape.in; ++i) {
        const std::int64_t quad = std::int64_t{i / kQuad} * width + t - first;
        x[std::int64_t{first} * groups * kGroup + quad * kQuad + i % kQuad] =
            inputs[static_cast<std::size_t>(t * shape.in + i)];
      }
      for (int g = 0; g < groups; ++g) {
        const std::int64_t at = std::int64_t{first} * groups + std::int64_t{g} * width + t - first;
        x_scales[at] = input_scale(t, g);
        for (int i = g * kGroup; i < std::min(shape.in, (g + 1) * kGroup); ++i)
          x_offsets[at] -= 128 * input(t, i);
      }
    }
  }
};

using MatmulI8Setup = MatmulIntSetup<8>;
using MatmulI4Setup = MatmulIntSetup<4>;

}  // namespace linnet::support
