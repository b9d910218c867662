#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/kernels.h"

namespace linnet::kernels::reference {

inline void rotate(const Rotate& r) {
  for (int head = 0; head < r.heads; ++head)
    for (int i = 0; i < r.pairs; ++i) {
      float* x = r.x + std::int64_t{head} * r.d_head;
      float& a = r.interleaved ? x[2 * i] : x[i];
      float& b = r.interleaved ? x[2 * i + 1] : x[i + r.pairs];
      const float turned = std::fma(a, r.cosines[i], -(b * r.sines[i]));
      b = std::fma(b, r.cosines[i], a * r.sines[i]);
      a = turned;
    }
}

}  // namespace linnet::kernels::reference
