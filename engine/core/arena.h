#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "engine/core/checked.h"
#include "kernels/layout.h"

namespace linnet::core {

// One zeroed block of memory, carved from front to back into kernels::kAlignment-aligned buffers.
// The same carving code runs twice: over an Arena without memory, which only counts, and over one
// of that size. So the size that is printed beforehand and the size that is used cannot differ.
class Arena {
 public:
  Arena() = default;

  // False if the memory cannot be had; the arena then stays empty.
  [[nodiscard]] bool allocate(std::int64_t bytes) {
    used_ = 0;
    size_ = 0;
    if (!Checked(bytes).fits_memory()) return false;
    const auto whole = static_cast<std::size_t>(kernels::round_up(bytes, kernels::kAlignment));
    // calloc hands out untouched pages lazily, so that a long context costs memory as it fills.
    memory_.reset(static_cast<std::byte*>(std::calloc(whole + kernels::kAlignment, 1)));
    if (memory_ == nullptr) return false;
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
    first_ =
        memory_.get() + (kernels::kAlignment - address % kernels::kAlignment) % kernels::kAlignment;
    size_ = static_cast<std::int64_t>(whole);
    return true;
  }

  // The next `count` values of T; null while only counting.
  template <class T>
  T* carve(std::int64_t count) {
    assert(count >= 0);
    const std::int64_t at = used_;
    used_ += kernels::round_up(count * static_cast<std::int64_t>(sizeof(T)), kernels::kAlignment);
    if (first_ == nullptr) return nullptr;
    assert(used_ <= size_);
    return reinterpret_cast<T*>(first_ + at);
  }

  std::int64_t used() const { return used_; }

 private:
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  std::unique_ptr<std::byte, Free> memory_;
  std::byte* first_ = nullptr;
  std::int64_t size_ = 0, used_ = 0;
};

}  // namespace linnet::core
