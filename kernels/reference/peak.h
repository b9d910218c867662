#pragma once

#include <cmath>
#include <cstring>

#include "kernels/kernels.h"

namespace linnet::kernels::reference {

inline constexpr int kChains = 8;

// Rounds of kChains products, each added to a sum of its own. The numbers come from memory in each
// round, because the compiler cannot know what stands there after the empty instruction.
template <class T, class Sum, class Add>
std::int64_t peak(int rounds, const Add& add) {
  T w[kChains], x[kChains];
  Sum sums[kChains] = {};
  for (int c = 0; c < kChains; ++c) {
    w[c] = static_cast<T>(c + 1);
    x[c] = static_cast<T>(c - 3);
  }
  for (int round = 0; round < rounds; ++round) {
    asm volatile("" : : "r"(w), "r"(x) : "memory");
    for (int c = 0; c < kChains; ++c) sums[c] = add(sums[c], w[c], x[c]);
  }
  asm volatile("" : : "r"(sums) : "memory");
  return std::int64_t{2} * rounds * kChains;
}

inline std::int64_t peak_f32(int rounds) {
  return peak<float, float>(rounds,
                            [](float sum, float w, float x) { return std::fma(w, x, sum); });
}
inline std::int64_t peak_int(int rounds) {
  return peak<std::int8_t, std::uint32_t>(
      rounds, [](std::uint32_t sum, int w, int x) { return sum + static_cast<unsigned>(w * x); });
}

inline std::uint32_t read(const std::byte* from, std::int64_t blocks) {
  std::uint32_t sum = 0;
  for (std::int64_t i = 0; i < blocks * kReadBlock; i += 4) {
    std::uint32_t word;
    std::memcpy(&word, from + i, sizeof word);
    sum += word;
  }
  return sum;
}

}  // namespace linnet::kernels::reference
