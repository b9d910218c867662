#pragma once

#include "kernels/generic/lanes.h"
#include "kernels/kernels.h"

namespace linnet::kernels::generic {

// Turns `count` pairs (a, b) by their angles.
template <class Isa, class Count>
[[gnu::always_inline]] inline void turn(float* a, float* b, const float* cosines,
                                        const float* sines, Count count) {
  using L = Lanes<Isa>;
  const L x = L::load(a, count), y = L::load(b, count);
  const L cosine = L::load(cosines, count), sine = L::load(sines, count);
  fused(x, cosine, minus(y * sine)).store(a, count);
  fused(y, cosine, x * sine).store(b, count);
}

// The pairs are neighbours: taken apart, turned, and put back.
template <class Isa, class Count>
[[gnu::always_inline]] inline void turn_neighbours(float* x, const float* cosines,
                                                   const float* sines, Count count) {
  alignas(kAlignment) float a[kPanel], b[kPanel];
  for (int i = 0; i < count; ++i) {
    a[i] = x[2 * i];
    b[i] = x[2 * i + 1];
  }
  turn<Isa>(a, b, cosines, sines, count);
  for (int i = 0; i < count; ++i) {
    x[2 * i] = a[i];
    x[2 * i + 1] = b[i];
  }
}

template <class Isa>
[[gnu::flatten]] void rotate(const Rotate& a) {
  for (int head = 0; head < a.heads; ++head) {
    float* x = a.x + std::int64_t{head} * a.d_head;
    for_lanes(a.pairs, [&](int i, auto count) {
      if (a.interleaved) {
        turn_neighbours<Isa>(x + 2 * i, a.cosines + i, a.sines + i, count);
      } else {
        turn<Isa>(x + i, x + a.pairs + i, a.cosines + i, a.sines + i, count);
      }
    });
  }
}

}  // namespace linnet::kernels::generic
