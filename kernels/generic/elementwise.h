#pragma once

#include "kernels/generic/lanes.h"

namespace linnet::kernels::generic {

template <class Isa>
[[gnu::flatten]] void add(float* y, const float* x, int n) {
  using L = Lanes<Isa>;
  for_lanes(n, [&](int i, auto count) {
    (L::load(y + i, count) + L::load(x + i, count)).store(y + i, count);
  });
}

template <class Isa>
[[gnu::flatten]] void scale(float* y, float factor, int n) {
  using L = Lanes<Isa>;
  const L factors = L::all(factor);
  for_lanes(n, [&](int i, auto count) { (L::load(y + i, count) * factors).store(y + i, count); });
}

}  // namespace linnet::kernels::generic
