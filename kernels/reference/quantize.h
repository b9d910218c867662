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

// The scale of numbers and what they are multiplied by before they are rounded, or all are 0.
struct Step {
  float top = 0.0f;  // the largest |x|, a NaN before all
  void see(float x) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(x) & 0x7fffffffu;
    if (bits > std::bit_cast<std::uint32_t>(top)) top = std::bit_cast<float>(bits);
  }
  bool finite() const { return top <= std::numeric_limits<float>::max(); }
  bool ordinary() const { return finite() && top >= 1e-30f; }
  float scale() const {
    if (!finite()) return std::numeric_limits<float>::quiet_NaN();
    return ordinary() ? top * (1.0f / 127) : 0.0f;
  }
  std::int32_t round(float x) const { return ordinary() ? nearest_int(x * (127 / top)) : 0; }
};

inline void quantize(const Quantize& a) {
  for (int t = 0; t < a.width; ++t)
    for (int g = 0; g < groups_of(a.in); ++g) {
      float x[kGroup] = {};
      Step step;
      for (int i = 0; i < kGroup && g * kGroup + i < a.in; ++i) {
        x[i] = a.x[std::int64_t{t} * a.x_stride + g * kGroup + i];
        step.see(x[i]);
      }
      std::int32_t sum = 0;
      for (int i = 0; i < kGroup; ++i) {
        const std::int32_t q = step.round(x[i]);
        const int quad = (g * kGroup + i) / kQuad;
        a.q[(std::int64_t{quad} * a.width + t) * kQuad + i % kQuad] = static_cast<std::int8_t>(q);
        sum += q;
      }
      a.scales[g * a.width + t] = step.scale();
      a.offsets[g * a.width + t] = -128 * sum;
    }
}

}  // namespace linnet::kernels::reference
