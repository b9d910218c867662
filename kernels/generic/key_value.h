#pragma once

#include <cstring>

#include "kernels/generic/lanes.h"
#include "kernels/generic/quantize.h"
#include "kernels/kernels.h"

// Writes one position into its page of keys and values.
namespace linnet::kernels::generic {

// `count` floats at `from` as page values at to[0], to[step] ...
template <class Isa>
[[gnu::always_inline]] inline void put(float* to, int step, const float* from, int count) {
  for (int i = 0; i < count; ++i) to[std::int64_t{i} * step] = from[i];
}
template <class Isa>
[[gnu::always_inline]] inline void put(std::uint16_t* to, int step, const float* from, int count) {
  alignas(kAlignment) std::uint16_t halves[kPanel];
  for_lanes(count, [&](int i, auto some) {
    const Lanes<Isa> lanes = Lanes<Isa>::load(from + i, some);
    for (int p = 0; p < kParts<Isa>; ++p) Isa::store_f16(halves + p * kLanes<Isa>, lanes.part[p]);
    for (int k = 0; k < some; ++k) to[std::int64_t{i + k} * step] = halves[k];
  });
}

// `count` floats as int8 at q, with zeros up to value_stride(count), and their scale.
template <class Isa>
float quantize_row(std::int8_t* q, const float* from, int count) {
  using I32 = Batch<std::int32_t, Isa>;
  const int stride = value_stride(count);
  alignas(kAlignment) float x[kMaxHead];
  std::memcpy(x, from, static_cast<std::size_t>(count) * sizeof(float));
  for (int i = count; i < stride; ++i) x[i] = 0.0f;
  const I32 magnitude(0x7fffffff);
  I32 tops(0);
  for (int i = 0; i < stride; i += kLanes<Isa>) {
    const I32 bits = lanes_of<std::int32_t>(load<Isa>(x + i)) & magnitude;
    tops = xsimd::max(tops, bits);
  }
  const Step step = step_of(largest_bits<Isa>(tops));
  if (!step.ordinary) {
    std::memset(q, 0, static_cast<std::size_t>(stride));
    return step.scale;
  }
  const Batch<float, Isa> factor(step.factor);
  for (int i = 0; i < stride; i += kLanes<Isa>)
    Isa::store_i8(q + i, nearest_int(load<Isa>(x + i) * factor));
  return step.scale;
}

template <class Isa>
void store_int8(const StoreKeyValue& a) {
  const int stride = value_stride(a.d_head);
  std::byte* keys = a.page + a.key_offset;
  std::byte* values = a.page + a.value_offset;
  const std::int64_t scale_at = std::int64_t{a.slot} * std::int64_t{sizeof(float)};
  alignas(kAlignment) std::int8_t q[kMaxHead];
  float scale = quantize_row<Isa>(q, a.key, a.d_head);
  std::memcpy(keys + key_scales_offset(a.d_head) + scale_at, &scale, sizeof scale);
  for (int d = 0; d < a.d_head; ++d)
    keys[std::int64_t{d} * kPage + a.slot] = static_cast<std::byte>(q[d]);
  scale = quantize_row<Isa>(q, a.value, a.d_head);
  std::memcpy(values + value_scales_offset(a.d_head) + scale_at, &scale, sizeof scale);
  std::memcpy(values + std::int64_t{a.slot} * stride, q, static_cast<std::size_t>(stride));
}

template <class Isa, class T>
void store_pair(const StoreKeyValue& a) {
  const int stride = value_stride(a.d_head);
  T* values = reinterpret_cast<T*>(a.page + a.value_offset) + std::int64_t{a.slot} * stride;
  put<Isa>(reinterpret_cast<T*>(a.page + a.key_offset) + a.slot, kPage, a.key, a.d_head);
  put<Isa>(values, 1, a.value, a.d_head);
  for (int d = a.d_head; d < stride; ++d) values[d] = T(0);
}

template <class Isa>
void store_key_value(const StoreKeyValue& a) {
  if (a.type == PageType::f32) {
    store_pair<Isa, float>(a);
  } else if (a.type == PageType::f16) {
    store_pair<Isa, std::uint16_t>(a);
  } else {
    store_int8<Isa>(a);
  }
}

}  // namespace linnet::kernels::generic
