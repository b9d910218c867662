#pragma once

#include "kernels/generic/lanes.h"
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
  } else {
    store_pair<Isa, std::uint16_t>(a);
  }
}

}  // namespace linnet::kernels::generic
