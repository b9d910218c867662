#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace linnet::convert {

// Walks the fields of one protobuf message (protobuf.dev, "Encoding"). Bounded by the message:
// whatever it says, nothing outside is read, and broken() tells that it said something impossible.
class ProtobufFields {
 public:
  explicit ProtobufFields(std::string_view message) : rest_(message) {}

  // Goes to the next field; false at the end of the message or where it is broken.
  bool next() {
    if (rest_.empty() || broken_) return false;
    const std::uint64_t tag = take_varint();
    number_ = tag >> 3;
    bytes_ = {};
    value_ = 0;
    switch (tag & 7) {
      case 0:
        value_ = take_varint();
        break;
      case 1:
        value_ = take_fixed(8);
        break;
      case 2:
        bytes_ = take(take_varint());
        break;
      case 5:
        value_ = take_fixed(4);
        break;
      default:
        broken_ = true;  // groups are long obsolete
    }
    return !broken_;
  }
  bool broken() const { return broken_; }

  std::uint64_t number() const { return number_; }
  // Of a field of the other wire type, these are zero or empty.
  std::string_view bytes() const { return bytes_; }
  bool truth() const { return value_ != 0; }
  std::uint64_t integer() const { return value_; }
  float real() const { return std::bit_cast<float>(static_cast<std::uint32_t>(value_)); }

 private:
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) {
      broken_ = true;
      return {};
    }
    const auto size = static_cast<std::size_t>(count);
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::uint64_t take_fixed(int size) {
    std::uint64_t value = 0;
    int shift = 0;
    for (const char c : take(static_cast<std::uint64_t>(size))) {
      value |= std::uint64_t{static_cast<unsigned char>(c)} << shift;
      shift += 8;
    }
    return value;
  }
  std::uint64_t take_varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::string_view byte = take(1);
      if (byte.empty()) return 0;
      const auto bits = static_cast<unsigned char>(byte[0]);
      value |= std::uint64_t{bits & 0x7Fu} << shift;
      if (bits < 0x80) return value;
    }
    broken_ = true;
    return 0;
  }

  std::string_view rest_, bytes_;
  std::uint64_t number_ = 0, value_ = 0;
  bool broken_ = false;
};

}  // namespace linnet::convert
