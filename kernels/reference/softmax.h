#pragma once

#include "kernels/reference/math.h"

namespace linnet::kernels::reference {

inline void softmax(float* x, int n) {
  float top = x[0], total[16] = {};
  for (int i = 1; i < n; ++i) top = x[i] > top ? x[i] : top;
  for (int i = 0; i < n; ++i) {
    x[i] = exponential(x[i] - top);
    total[i % 16] += x[i];
  }
  const float inverse = 1.0f / tree(total);
  for (int i = 0; i < n; ++i) x[i] = x[i] * inverse;
}

}  // namespace linnet::kernels::reference
