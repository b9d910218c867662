#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/layout.h"

// Reading memory before it is needed. Functions of these, and not lambdas with the builtin: GCC 12
// holds a lambda that does nothing else to be without effect, and drops it with every call.
namespace linnet::kernels::generic {

// kBytes from there on, into the first cache.
template <int kBytes>
[[gnu::always_inline]] inline void fetch(const void* from) {
  for (int at = 0; at < kBytes; at += kAlignment)
    __builtin_prefetch(static_cast<const std::byte*>(from) + at);
}

// A piece of memory, some of it at a time.
class Fetcher {
 public:
  // `step` bytes at a time.
  Fetcher(const std::byte* from, int step) : next_(from), end_(from), step_(step) {}
  [[gnu::always_inline]] void operator()() {
    for (end_ += step_; next_ < end_; next_ += kAlignment) __builtin_prefetch(next_);
  }

 private:
  const std::byte *next_, *end_;
  int step_;
};

}  // namespace linnet::kernels::generic
