#pragma once

namespace linnet::kernels::reference {

inline void add(float* y, const float* x, int n) {
  for (int i = 0; i < n; ++i) y[i] = y[i] + x[i];
}

inline void scale(float* y, float factor, int n) {
  for (int i = 0; i < n; ++i) y[i] = y[i] * factor;
}

}  // namespace linnet::kernels::reference
