#pragma once

#include "kernels/kernels.h"
#include "kernels/reference/math.h"

namespace linnet::kernels::reference {

inline float activated(Activation f, float x) {
  switch (f) {
    case Activation::relu:
      return x <= 0.0f ? 0.0f : x;
    case Activation::gelu:
      return (0.5f * x) * (1.0f + error_function(x * 0.70710678f));
    case Activation::gelu_tanh: {
      const float u = 0.79788456f * std::fma(0.044715f * x, x * x, x);
      return x / (1.0f + exponential(-2.0f * u));
    }
    case Activation::silu:
      return x / (1.0f + exponential(-x));
    case Activation::tanh:
      return hyperbolic_tangent(x);
  }
  return x;
}

inline void activate(Activation f, float* y, const float* x, int n) {
  for (int i = 0; i < n; ++i) y[i] = activated(f, x[i]);
}

inline void activate_gated(Activation f, float* y, const float* gate, const float* up, int n) {
  for (int i = 0; i < n; ++i) y[i] = activated(f, gate[i]) * up[i];
}

}  // namespace linnet::kernels::reference
