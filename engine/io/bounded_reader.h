#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "engine/core/checked.h"

namespace linnet::io {

// The one way to take numbers, strings and arrays out of bytes that nobody has vouched for. Reads
// from front to back and never past the end. A failed read gives zero or nothing and so do all
// after it, so a caller reads a whole record and asks once whether that went well.
class BoundedReader {
 public:
  explicit BoundedReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool ok() const { return !ended_ && !stray_; }
  bool ended() const { return ended_; }  // something reached past the end
  bool stray() const { return stray_; }  // padding held something other than zeros
  std::int64_t position() const { return static_cast<std::int64_t>(position_); }
  std::int64_t remaining() const { return static_cast<std::int64_t>(bytes_.size() - position_); }

  std::span<const std::byte> bytes(core::Checked count) {
    if (!ok() || !count.at_most(remaining())) {
      if (!stray_) ended_ = true;
      return {};
    }
    const auto taken = bytes_.subspan(position_, static_cast<std::size_t>(count.value()));
    position_ += taken.size();
    return taken;
  }

  template <class T>
  requires std::is_arithmetic_v<T> T number() {
    T value{};
    const auto from = bytes(sizeof(T));
    if (from.size() == sizeof(T)) std::memcpy(&value, from.data(), sizeof(T));
    return value;
  }

  std::string_view text(core::Checked count) {
    const auto from = bytes(count);
    return {reinterpret_cast<const char*>(from.data()), from.size()};
  }

  // `count` values, in place: the bytes must stand where a T may stand.
  template <class T>
  requires std::is_arithmetic_v<T> std::span<const T> array(core::Checked count) {
    const auto from = bytes(count * sizeof(T));
    if (reinterpret_cast<std::uintptr_t>(from.data()) % alignof(T) != 0) {
      stray_ = true;
      return {};
    }
    return {reinterpret_cast<const T*>(from.data()), from.size() / sizeof(T)};
  }

  // Skips the zeros before the next multiple of `unit`, counted from the first byte.
  void skip_padding(std::int64_t unit) {
    const std::int64_t over = position() % unit;
    if (over == 0) return;
    for (const std::byte byte : bytes(unit - over))
      if (byte != std::byte{0}) stray_ = true;
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  bool ended_ = false, stray_ = false;
};

}  // namespace linnet::io
