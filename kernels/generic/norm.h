#pragma once

#include "kernels/generic/lanes.h"

namespace linnet::kernels::generic {

template <class Isa>
[[gnu::flatten]] void rms_norm(float* y, const float* x, const float* gain, int n, float eps) {
  using L = Lanes<Isa>;
  L squares = L::all(0.0f);
  for_lanes(n, [&](int i, auto count) {
    const L v = L::load(x + i, count);
    squares = fused(v, v, squares);
  });
  const L s = L::all(1.0f / __builtin_sqrtf(tree(squares) / static_cast<float>(n) + eps));
  for_lanes(n, [&](int i, auto count) {
    ((L::load(x + i, count) * s) * L::load(gain + i, count)).store(y + i, count);
  });
}

template <class Isa>
[[gnu::flatten]] void layer_norm(float* y, const float* x, const float* gain, const float* bias,
                                 int n, float eps) {
  using L = Lanes<Isa>;
  L sums = L::all(0.0f);
  for_lanes(n, [&](int i, auto count) { sums = sums + L::load(x + i, count); });
  const float mean = tree(sums) / static_cast<float>(n);
  const L means = L::all(mean);

  L squares = L::all(0.0f);
  for_lanes(n, [&](int i, auto count) {
    const L d = L::load(x + i, count, mean) - means;  // 0 past the end
    squares = fused(d, d, squares);
  });
  const L s = L::all(1.0f / __builtin_sqrtf(tree(squares) / static_cast<float>(n) + eps));
  for_lanes(n, [&](int i, auto count) {
    const L d = (L::load(x + i, count) - means) * s;
    const L g = L::load(gain + i, count);
    (bias ? fused(d, g, L::load(bias + i, count)) : d * g).store(y + i, count);
  });
}

}  // namespace linnet::kernels::generic
