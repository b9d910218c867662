#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace linnet::support {

// An array, zeros at first, whose end is the end of the memory: whoever reads or writes past it is
// stopped at once. `alignment` divides the page; up to alignment - 1 bytes may follow the array.
template <class T>
class Guarded {
 public:
  explicit Guarded(std::int64_t count, std::size_t alignment = alignof(T)) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t wanted = static_cast<std::size_t>(count) * sizeof(T);
    const std::size_t bytes = (wanted + alignment - 1) / alignment * alignment;
    const std::size_t whole = (bytes + page - 1) / page * page;
    mapped_ = whole + page;
    memory_ = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::runtime_error("no memory for a test");
    auto* begin = static_cast<std::byte*>(memory_);
    ::mprotect(begin + whole, page, PROT_NONE);
    data_ = reinterpret_cast<T*>(begin + whole - bytes);
    count_ = count;
  }
  ~Guarded() { ::munmap(memory_, mapped_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::int64_t size() const { return count_; }
  T& operator[](std::int64_t i) { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + count_; }

 private:
  void* memory_ = nullptr;
  std::size_t mapped_ = 0;
  T* data_ = nullptr;
  std::int64_t count_ = 0;
};

}  // namespace linnet::support
