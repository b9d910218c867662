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

// Where the values of one token stand in the tiles of a MatmulInt.
struct TokenOfTile {
  TokenOfTile(const MatmulInt& a, int token)
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

// weight_of(group, row, i): weight i of a group that begins there.
template <class WeightOf>
void matmul_int(const MatmulInt& a, const GroupedLayout& layout, const WeightOf& weight_of) {
  for (int t = 0; t < a.tokens; ++t) {
    const TokenOfTile token(a, t);
    for (int row = 0; row < a.panels * kPanel; ++row) {
      const std::byte* panel = a.w + row / kPanel * a.panel_stride;
      float acc = 0.0f;
      for (int g = 0; g < a.groups; ++g) {
        const std::byte* group = panel + layout.group_offset(g);
        std::int32_t isum = 0;
        for (int i = 0; i < kGroup; ++i)
          isum += weight_of(group, row % kPanel, i) * a.x[token.value(g * kGroup + i)];
        std::uint16_t bits;
        std::memcpy(&bits, panel + layout.scale_offset(g, a.groups) + row % kPanel * 2,
                    sizeof bits);
        const float scale = a.scale_format == ScaleFormat::bf16 ? from_bf16(bits) : from_f16(bits);
        acc = std::fma(static_cast<float>(isum), scale * a.x_scales[token.scale(g)], acc);
      }
      a.y[std::int64_t{t} * a.y_stride + row] = a.bias ? acc + a.bias[row] : acc;
    }
  }
}

inline void matmul_i8(const MatmulInt& a) { matmul_int(a, kLayoutI8, weight_i8); }
inline void matmul_i4(const MatmulInt& a) { matmul_int(a, kLayoutI4, weight_i4); }

}  // namespace linnet::kernels::reference
