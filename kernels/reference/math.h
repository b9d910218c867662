#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/generic/math.h"

// The contract's functions for one float.
namespace linnet::kernels::reference {

struct FloatOps {
  using Number = float;
  using Bits = std::uint32_t;
  static Bits bits(Number x) { return std::bit_cast<Bits>(x); }
  static Number number(Bits x) { return std::bit_cast<Number>(x); }
  static Number fused(Number a, Number b, Number c) { return std::fma(a, b, c); }
  static Number divide(Number a, Number b) { return a / b; }
  static Number if_less(Number a, Number b, Number x, Number y) { return a < b ? x : y; }
};

inline float exponential(float x) { return generic::exponential<FloatOps>(x); }
inline float error_function(float x) { return generic::error_function<FloatOps>(x); }
inline float hyperbolic_tangent(float x) { return generic::hyperbolic_tangent<FloatOps>(x); }

// l[i] += l[i + 8], then + 4, + 2, + 1.
inline float tree(float (&l)[16]) {
  for (int half = 8; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) l[i] += l[i + half];
  return l[0];
}

}  // namespace linnet::kernels::reference
