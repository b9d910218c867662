#pragma once

#include <cstdint>
#include <cstring>

// Four floats at once, where a loop does no more than compare: a register on every machine that has
// them for vectors, and one by one elsewhere. What computes is in kernels/.
namespace linnet::generate {

using FourFloats [[gnu::vector_size(16)]] = float;
using FourMasks [[gnu::vector_size(16)]] = std::int32_t;  // -1: true, 0: false

inline FourFloats four(float value) { return FourFloats{value, value, value, value}; }
inline FourFloats load(const float* from) {
  FourFloats floats;
  std::memcpy(&floats, from, sizeof floats);
  return floats;
}
// a > b ? a : b, hence b where either is a NaN.
inline FourFloats greater_of(FourFloats a, FourFloats b) { return a > b ? a : b; }
inline float largest_of(FourFloats v) {
  const float low = v[0] > v[1] ? v[0] : v[1], high = v[2] > v[3] ? v[2] : v[3];
  return low > high ? low : high;
}

}  // namespace linnet::generate
