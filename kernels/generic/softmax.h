#pragma once

#include "kernels/generic/lanes.h"

namespace linnet::kernels::generic {

template <class Isa>
[[gnu::flatten]] void softmax(float* x, int n) {
  using L = Lanes<Isa>;
  const float lowest =
      -__builtin_inff();  // lanes past the end: never the largest, and e^lowest = 0
  L best = L::all(lowest);
  for_lanes(n, [&](int i, auto count) { best = greater_of(L::load(x + i, count, lowest), best); });
  const L top = L::all(largest(best));

  L total = L::all(0.0f);
  for_lanes(n, [&](int i, auto count) {
    const L e = exp(L::load(x + i, count, lowest) - top);
    e.store(x + i, count);
    total = total + e;
  });
  const L inverse = L::all(1.0f / tree(total));
  for_lanes(n, [&](int i, auto count) { (L::load(x + i, count) * inverse).store(x + i, count); });
}

}  // namespace linnet::kernels::generic
