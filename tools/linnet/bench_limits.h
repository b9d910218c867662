#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "engine/core/arena.h"
#include "tools/linnet/bench_timing.h"

namespace linnet::kernels {
struct Table;
}

namespace linnet::tools {

// The most that a machine gives to so many threads with a table of kernels.
struct Limits {
  double bandwidth = 0;            // bytes that are read in a second,
  bool cached = false;             // from a cache and not from memory
  double f32 = 0, i8 = 0, i4 = 0;  // operations in a second with numbers in registers

  // The least time for `work`: what of both takes longer, to read the weights once in each pass or
  // to multiply with them.
  double seconds(const Work& work) const;
  // What takes longer: "memory", "cache" or "dot" ("fma" where most of it is float).
  const char* reason(const Work& work) const;
};

// "11.2 GB/s from memory, 180.3 Gop/s int8, 170.1 Gop/s int4, 60.7 Gop/s f32"
std::string describe(const Limits& limits);

// Measures each of them once.
class LimitMeter {
 public:
  // `cache`: bytes of the last level of caches, 0 if unknown; `available`: of memory, of which a
  // quarter is used at most; `processors`: to tie the threads to, none of them if there are none.
  LimitMeter(std::int64_t cache, std::int64_t available, std::vector<int> processors = {});

  // For weights of so many bytes: from the cache if they fit into it, otherwise from memory.
  Limits limits(const kernels::Table& table, int threads, double footprint);

  // What is read to measure memory.
  std::int64_t buffer_bytes() const { return blocks_ * kBlock; }

 private:
  static constexpr std::int64_t kBlock = 256;
  struct Peaks {
    double f32, i8, i4;
  };
  const Peaks& peaks(const kernels::Table& table, int threads);
  double bandwidth(const kernels::Table& table, int threads, std::int64_t blocks);

  std::vector<int> processors_;
  std::int64_t cache_, blocks_;
  core::Arena memory_;
  const std::byte* buffer_ = nullptr;  // made when it is needed
  std::map<std::tuple<const kernels::Table*, int>, Peaks> peaks_;
  std::map<std::tuple<const kernels::Table*, int, std::int64_t>, double> bandwidths_;
};

}  // namespace linnet::tools
