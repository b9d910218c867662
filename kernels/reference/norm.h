#pragma once

#include "kernels/reference/math.h"

namespace linnet::kernels::reference {

inline void rms_norm(float* y, const float* x, const float* gain, int n, float eps) {
  float squares[16] = {};
  for (int i = 0; i < n; ++i) squares[i % 16] = std::fma(x[i], x[i], squares[i % 16]);
  const float s = 1.0f / std::sqrt(tree(squares) / static_cast<float>(n) + eps);
  for (int i = 0; i < n; ++i) y[i] = (x[i] * s) * gain[i];
}

inline void layer_norm(float* y, const float* x, const float* gain, const float* bias, int n,
                       float eps) {
  float sums[16] = {}, squares[16] = {};
  for (int i = 0; i < n; ++i) sums[i % 16] += x[i];
  const float mean = tree(sums) / static_cast<float>(n);
  for (int i = 0; i < n; ++i) squares[i % 16] = std::fma(x[i] - mean, x[i] - mean, squares[i % 16]);
  const float s = 1.0f / std::sqrt(tree(squares) / static_cast<float>(n) + eps);
  for (int i = 0; i < n; ++i) {
    const float d = (x[i] - mean) * s;
    y[i] = bias ? std::fma(d, gain[i], bias[i]) : d * gain[i];
  }
}

}  // namespace linnet::kernels::reference
