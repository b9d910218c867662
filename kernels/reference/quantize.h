#pragma once

#include <bit>
#include <cmath>
#include <limits>

#include "kernels/kernels.h"

namespace linnet::kernels::reference {

// To the nearest integer, ties to even; |v| < 2^22.
inline std::int32_t nearest_int(float v) {
  const float down = std::floor(v);
  const float rest = v - down;  // exact
  const auto below = static_cast<std::int32_t>(down);
  if (rest != 0.5f) return rest > 0.5f ? below + 1 : below;
  return below % 2 == 0 ? below : below + 1;
}

inline void quantize(const Quantize& a) {
  for (int t = 0; t < a.width; ++t)
    for (int g = 0; g < groups_of(a.in); ++g) {
      float x[kGroup] = {};
      std::uint32_t top_bits = 0;
      for (int i = 0; i < kGroup && g * kGroup + i < a.in; ++i) {
        x[i] = a.x[std::int64_t{t} * a.x_stride + g * kGroup + i];
        const std::uint32_t bits = std::bit_cast<std::uint32_t>(x[i]) & 0x7fffffffu;
        top_bits = bits > top_bits ? bits : top_bits;
      }
      const float top = std::bit_cast<float>(top_bits);
      const bool finite = top_bits < 0x7f800000u;
      const bool ordinary = finite && top >= 1e-30f;
      float scale = ordinary ? top * (1.0f / 127) : 0.0f;
      if (!finite) scale = std::numeric_limits<float>::quiet_NaN();
      std::int32_t sum = 0;
      for (int i = 0; i < kGroup; ++i) {
        const std::int32_t q = ordinary ? nearest_int(x[i] * (127 / top)) : 0;
        const int quad = (g * kGroup + i) / kQuad;
        a.q[(std::int64_t{quad} * a.width + t) * kQuad + i % kQuad] = static_cast<std::int8_t>(q);
        sum += q;
      }
      a.scales[g * a.width + t] = scale;
      a.offsets[g * a.width + t] = -128 * sum;
    }
}

}  // namespace linnet::kernels::reference
