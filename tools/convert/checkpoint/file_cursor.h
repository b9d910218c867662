#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/result.h"

namespace linnet::convert {

// Fills `to` with the bytes from `offset` on, which lie within the file.
using ReadBytes = std::function<core::Status(std::int64_t offset, std::span<std::byte> to)>;

// Goes through a little-endian file of that size once. The first thing that is wrong is kept, and
// from then on every answer is empty. `of` is what is being read, for the sentence.
class FileCursor {
 public:
  // `file` begins every sentence; it and `read` outlive this.
  FileCursor(const ReadBytes& read, std::int64_t file_bytes, const std::string& file)
      : read_(read), size_(file_bytes), file_(file) {}

  bool fine() const { return !problem_; }
  const core::Error& problem() const { return *problem_; }
  std::int64_t at() const { return at_; }
  std::int64_t remaining() const { return size_ - at_; }

  void refuse(core::Fault fault, const std::string& what);

  template <class T>
  T number(const char* of) {
    T value{};
    take(std::as_writable_bytes(std::span(&value, 1)), of);
    return fine() ? value : T{};
  }
  // The next `bytes` bytes; nothing is allocated where the file has not so many.
  std::string text(std::uint64_t bytes, const char* of);
  void take(std::span<std::byte> to, const char* of);
  void skip(std::int64_t bytes, const std::string& of);

 private:
  bool has(std::uint64_t bytes, const std::string& of);
  void fill();

  const ReadBytes& read_;
  std::int64_t size_, at_ = 0;
  const std::string& file_;
  std::vector<std::byte> window_;  // of the file, from window_at_ on
  std::int64_t window_at_ = 0;
  std::optional<core::Error> problem_;
};

}  // namespace linnet::convert
