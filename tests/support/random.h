#pragma once

#include <cstdint>
#include <vector>

namespace linnet::support {

// The same numbers from the same seed on every machine (splitmix64: Steele, Lea and Flood, 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // In [lo, hi]: one of 2^24 steps between them.
  float uniform(float lo, float hi) {
    return lo + (hi - lo) * (static_cast<float>(next() >> 40) * 0x1p-24f);
  }
  // In [0, n), n > 0.
  int below(int n) { return static_cast<int>((next() >> 33) % static_cast<std::uint64_t>(n)); }

 private:
  std::uint64_t state_;
};

}  // namespace linnet::support
