#pragma once

#include <cstring>

#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

namespace linnet::kernels::generic {

// The scale of numbers whose largest |x| has the bits `top`, and what the numbers are multiplied by
// before they are rounded; where that would give no integers of use, they are all 0.
struct Step {
  bool ordinary;
  float scale, factor;
};
[[gnu::always_inline]] inline Step step_of(std::int32_t top_bits) {
  constexpr std::int32_t kSmallest = 0x0da24260;  // 1e-30f
  constexpr std::int32_t kInfinity = 0x7f800000, kNan = 0x7fc00000;
  if (top_bits < kSmallest) return {false, 0.0f, 0.0f};
  if (top_bits >= kInfinity) return {false, __builtin_bit_cast(float, kNan), 0.0f};
  const float top = __builtin_bit_cast(float, top_bits);
  return {true, top * (1.0f / 127), 127 / top};
}

// The largest lane, or 0; as integers, the bits of |x| are in the order of |x|, with the NaNs above
// infinity.
template <class Isa>
[[gnu::always_inline]] inline std::int32_t largest_bits(Batch<std::int32_t, Isa> tops) {
  alignas(64) std::int32_t lanes[kLanes<Isa>];
  tops.store_aligned(lanes);
  std::int32_t top_bits = 0;
  for (const std::int32_t lane : lanes) top_bits = lane > top_bits ? lane : top_bits;
  return top_bits;
}

// One group of one row: its kGroup values are at x, its quads go to q, `stride` bytes apart.
template <class Isa>
[[gnu::flatten]] void quantize_group(const float* x, std::int8_t* q, int stride, float* scale,
                                     std::int32_t* offset) {
  using F32 = Batch<float, Isa>;
  using I32 = Batch<std::int32_t, Isa>;
  constexpr int kRegisters = kGroup / kLanes<Isa>;

  F32 values[kRegisters];
  unroll<kRegisters>([&](auto r) { values[r] = load<Isa>(x + r * kLanes<Isa>); });

  const I32 magnitude(0x7fffffff);
  I32 tops = lanes_of<std::int32_t>(values[0]) & magnitude;
  unroll<kRegisters - 1>([&](auto r) {
    const I32 bits = lanes_of<std::int32_t>(values[r + 1]) & magnitude;
    tops = xsimd::max(tops, bits);
  });
  const Step step = step_of(largest_bits<Isa>(tops));
  *scale = step.scale;
  if (!step.ordinary) {
    *offset = 0;
    for (int i = 0; i < kGroup / kQuad; ++i) std::memset(q + i * stride, 0, kQuad);
    return;
  }
  const F32 factor(step.factor);
  alignas(64) std::int8_t bytes[kGroup];
  I32 sums(0);
  unroll<kRegisters>([&](auto r) {
    const I32 rounded = nearest_int(values[r] * factor);
    sums = sums + rounded;
    Isa::store_i8(bytes + r * kLanes<Isa>, rounded);
  });
  *offset = -128 * sum(sums);
  for (int i = 0; i < kGroup / kQuad; ++i) std::memcpy(q + i * stride, bytes + i * kQuad, kQuad);
}

template <class Isa>
void quantize(const Quantize& a) {
  const int whole = a.in / kGroup, rest = a.in % kGroup;
  const int stride = a.width * kQuad;
  for (int t = 0; t < a.width; ++t) {
    const float* x = a.x + std::int64_t{t} * a.x_stride;
    std::int8_t* q = a.q + t * kQuad;
    const std::int64_t group_bytes = std::int64_t{kGroup} * a.width;
    for (int g = 0; g < whole; ++g)
      quantize_group<Isa>(x + g * kGroup, q + g * group_bytes, stride, a.scales + g * a.width + t,
                          a.offsets + g * a.width + t);
    if (rest == 0) continue;
    float padded[kGroup] = {};
    std::memcpy(padded, x + whole * kGroup, static_cast<std::size_t>(rest) * sizeof(float));
    quantize_group<Isa>(padded, q + whole * group_bytes, stride, a.scales + whole * a.width + t,
                        a.offsets + whole * a.width + t);
  }
}

}  // namespace linnet::kernels::generic
