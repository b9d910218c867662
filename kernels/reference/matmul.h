#pragma once

#include <cmath>
#include <cstring>

#include "kernels/kernels.h"
#include "kernels/pack.h"

namespace linnet::kernels::reference {

inline float weight_of(float w) { return w; }
inline float weight_of(std::uint16_t w) { return from_f16(w); }

template <class W>
void matmul(const Matmul<W>& a) {
  for (int t = 0; t < a.tokens; ++t)
    for (int row = 0; row < a.panels * kPanel; ++row) {
      const auto* panel = reinterpret_cast<const W*>(reinterpret_cast<const std::byte*>(a.w) +
                                                     row / kPanel * a.panel_stride);
      const float* x = a.x + std::int64_t{t} * a.x_stride;
      float acc = 0.0f;
      for (int i = 0; i < a.in; ++i)
        acc = std::fma(weight_of(panel[std::int64_t{i} * kPanel + row % kPanel]), x[i], acc);
      a.y[std::int64_t{t} * a.y_stride + row] = a.bias ? acc + a.bias[row] : acc;
    }
}

inline void matmul_f32(const MatmulF32& a) { matmul(a); }
inline void matmul_f16(const MatmulF16& a) { matmul(a); }

// Where the values of one token stand in the tiles of a MatmulI8.
struct TokenOfTile {
  TokenOfTile(const MatmulI8& a, int token)
      : groups(a.groups),
        index(token % kTile),
        first(token - index),
        width(a.tokens - first < kTile ? a.tokens - first : kTile) {}

  std::int64_t value(int i) const {
    return std::int64_t{first} * groups * kGroup +
           (std::int64_t{i / kQuad} * width + index) * kQuad + i % kQuad;
  }
  std::int64_t scale(int g) const {
    return std::int64_t{first} * groups + std::int64_t{g} * width + index;
  }

  int groups, index, first, width;
};

inline void matmul_i8(const MatmulI8& a) {
  for (int t = 0; t < a.tokens; ++t) {
    const TokenOfTile token(a, t);
    for (int row = 0; row < a.panels * kPanel; ++row) {
      const std::byte* panel = a.w + row / kPanel * a.panel_stride;
      float acc = 0.0f;
      for (int g = 0; g < a.groups; ++g) {
        const auto* w = reinterpret_cast<const std::int8_t*>(panel + group_offset_i8(g));
        std::int32_t isum = 0;
        for (int i = 0; i < kGroup; ++i)
          isum += w[(i / kQuad * kPanel + row % kPanel) * kQuad + i % kQuad] *
                  a.x[token.value(g * kGroup + i)];
        std::uint16_t bits;
        std::memcpy(&bits, panel + scale_offset_i8(g, a.groups) + row % kPanel * 2, sizeof bits);
        const float scale = a.scale_format == ScaleFormat::bf16 ? from_bf16(bits) : from_f16(bits);
        acc = std::fma(static_cast<float>(isum), scale * a.x_scales[token.scale(g)], acc);
      }
      a.y[std::int64_t{t} * a.y_stride + row] = a.bias ? acc + a.bias[row] : acc;
    }
  }
}

}  // namespace linnet::kernels::reference
