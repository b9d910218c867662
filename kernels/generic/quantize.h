#pragma once

#include <cstring>

#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

namespace linnet::kernels::generic {

// One group of one row: its kGroup values are at x, its quads go to q, `stride` bytes apart.
template <class Isa>
[[gnu::flatten]] void quantize_group(const float* x, std::int8_t* q, int stride, float* scale,
                                     std::int32_t* offset) {
  using F32 = Batch<float, Isa>;
  using I32 = Batch<std::int32_t, Isa>;
  constexpr int kRegisters = kGroup / kLanes<Isa>;
  constexpr std::int32_t kSmallest = 0x0da24260;  // 1e-30f
  constexpr std::int32_t kInfinity = 0x7f800000, kNan = 0x7fc00000;

  F32 values[kRegisters];
  unroll<kRegisters>([&](auto r) { values[r] = load<Isa>(x + r * kLanes<Isa>); });

  // As integers, the bits of |x| are in the order of |x|, with the NaNs above infinity.
  const I32 magnitude(0x7fffffff);
  I32 tops = lanes_of<std::int32_t>(values[0]) & magnitude;
  unroll<kRegisters - 1>([&](auto r) {
    const I32 bits = lanes_of<std::int32_t>(values[r + 1]) & magnitude;
    tops = xsimd::max(tops, bits);
  });
  alignas(64) std::int32_t lanes[kLanes<Isa>];
  tops.store_aligned(lanes);
  std::int32_t top_bits = 0;
  for (const std::int32_t lane : lanes) top_bits = lane > top_bits ? lane : top_bits;

  const bool ordinary = top_bits >= kSmallest && top_bits < kInfinity;
  if (!ordinary) {
    const std::int32_t bits = top_bits >= kInfinity ? kNan : 0;
    std::memcpy(scale, &bits, sizeof bits);
    *offset = 0;
    for (int i = 0; i < kGroup / kQuad; ++i) std::memset(q + i * stride, 0, kQuad);
    return;
  }
  float top;
  std::memcpy(&top, &top_bits, sizeof top);
  *scale = top * (1.0f / 127);
  const F32 factor(127 / top);
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
