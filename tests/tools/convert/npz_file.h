#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/result.h"

namespace linnet::support {

// The bytes of a number, little-endian.
template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// A .npy file of version 1.0.
inline std::string npy_bytes(std::string_view type, std::string_view shape, std::string_view data,
                             std::string_view order = "False") {
  std::string head =
      core::say("{'descr': '", type, "', 'fortran_order': ", order, ", 'shape': ", shape, ", }");
  head.resize((head.size() + 10 + 64) / 64 * 64 - 10, ' ');
  head.back() = '\n';
  return "\x93NUMPY" + raw(std::uint16_t{1}) + raw(static_cast<std::uint16_t>(head.size())) + head +
         std::string(data);
}

template <class T>
std::string npy_of(std::string_view type, std::string_view shape, std::span<const T> values) {
  return npy_bytes(type, shape,
                   {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

// Collects files into a zip archive that stores them as they are.
class NpzFile {
 public:
  std::uint16_t method = 0, flags = 0;  // of what is added next

  void add(std::string_view name, std::string_view bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    const std::string about = raw(std::uint16_t{20}) + raw(flags) + raw(method) +
                              std::string(8, '\0') + raw(size) + raw(size) +
                              raw(static_cast<std::uint16_t>(name.size())) + raw(std::uint16_t{0});
    list_ += raw(std::uint32_t{0x02014b50}) + raw(std::uint16_t{20}) + about +
             std::string(10, '\0') + raw(static_cast<std::uint32_t>(data_.size())) +
             std::string(name);
    data_ += raw(std::uint32_t{0x04034b50}) + about + std::string(name) + std::string(bytes);
    ++count_;
  }
  std::string bytes() const {
    return data_ + list_ + raw(std::uint32_t{0x06054b50}) + raw(std::uint32_t{0}) + raw(count_) +
           raw(count_) + raw(static_cast<std::uint32_t>(list_.size())) +
           raw(static_cast<std::uint32_t>(data_.size())) + raw(std::uint16_t{0});
  }
  std::size_t list_begin() const { return data_.size(); }

 private:
  std::string data_, list_;
  std::uint16_t count_ = 0;
};

}  // namespace linnet::support
