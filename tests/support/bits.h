#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "tests/support/random.h"

#if defined(LINNET_AVXVNNI_EVEX)
namespace linnet::kernels {
// avxvnni for machines that have its dot product as an AVX-512 instruction only.
extern const Table table_avxvnni_evex;
}  // namespace linnet::kernels
#endif

// What the tests of float kernels share: tables to run, inputs, and comparison by bits.
namespace linnet::support {

// Every table that can run on this machine; "reference" comes first.
inline std::vector<const kernels::Table*> running_tables() {
  std::vector<const kernels::Table*> tables(kernels::built().begin(), kernels::built().end());
#if defined(LINNET_AVXVNNI_EVEX)
  tables.push_back(&kernels::table_avxvnni_evex);
#endif
  std::erase_if(tables, [](const kernels::Table* table) { return !kernels::runs_here(*table); });
  return tables;
}
inline std::string name_of(const kernels::Table& table) { return table.name; }

// NEON on ARMv7 computes with zero in place of a subnormal number.
#if defined(__arm__)
inline constexpr bool kFlushes = true;
#else
inline constexpr bool kFlushes = false;
#endif
inline bool tiny(float x) { return std::fabs(x) < std::numeric_limits<float>::min(); }

inline bool same_bits(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (kFlushes && tiny(a) && tiny(b)) return true;
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}
// Index of the first element that differs, or -1.
inline int first_difference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same_bits(a[i], b[i])) return static_cast<int>(i);
  return -1;
}

// FNV-1a over the bits of floats; all NaNs count as one.
class Checksum {
 public:
  void add(float x) {
    std::uint32_t bits = std::isnan(x) ? 0x7fc00000u : std::bit_cast<std::uint32_t>(x);
    for (int i = 0; i < 4; ++i, bits >>= 8) value_ = (value_ ^ (bits & 0xffu)) * 0x100000001b3u;
  }
  void add(const std::vector<float>& x) {
    for (const float v : x) add(v);
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

inline std::vector<float> random_floats(Random& random, int n, float lo, float hi) {
  std::vector<float> x(static_cast<std::size_t>(n));
  for (float& v : x) v = random.uniform(lo, hi);
  return x;
}

// Numbers around which functions go wrong. Not where sums near the smallest normal number are
// rounded to zero: there results may differ.
inline std::vector<float> special_floats() {
  using Limits = std::numeric_limits<float>;
  std::vector<float> x = {0.0f,
                          kFlushes ? 0x1p-60f : Limits::min(),
                          kFlushes ? 0x1p-61f : 0x1p-149f,
                          1e-30f,
                          0x1p-24f,
                          0.34657f,
                          0.34658f,
                          0.5f,
                          1.0f,
                          3.8f,
                          3.925f,
                          4.0f,
                          9.0f,
                          20.0f,
                          87.0f,
                          87.336540f,
                          87.336548f,
                          88.0f,
                          88.37f,
                          88.38f,
                          88.722831f,
                          88.722839f,
                          89.0f,
                          104.0f,
                          1e4f,
                          4194304.0f,
                          1e10f,
                          1e20f,
                          Limits::max(),
                          Limits::infinity(),
                          Limits::quiet_NaN()};
  const std::size_t positive = x.size();
  for (std::size_t i = 0; i < positive; ++i) x.push_back(-x[i]);
  return x;
}

}  // namespace linnet::support
