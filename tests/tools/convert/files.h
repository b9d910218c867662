#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "kernels/pack.h"
#include "tests/support/random.h"
#include "tests/support/scratch.h"

// Files for the tests of the converter: folders that go away, and safetensors files, right and
// wrong.
namespace linnet::support {

// For a message about something that should have gone well.
template <class T>
std::string why(const core::Result<T>& result) {
  return result ? "it went well" : result.error().sentence;
}

inline std::string folder_of(const Scratch& scratch) {
  return std::filesystem::path(scratch.path("x")).parent_path().string();
}

// A safetensors file of that header and so many zero bytes; `length` replaces the honest one.
inline std::string safetensors_bytes(std::string_view header, std::size_t data_bytes,
                                     std::int64_t length = -1) {
  const std::uint64_t said = length < 0 ? header.size() : static_cast<std::uint64_t>(length);
  std::string bytes(sizeof said, '\0');
  std::memcpy(bytes.data(), &said, sizeof said);
  bytes += header;
  bytes.append(data_bytes, '\0');
  return bytes;
}

// Collects tensors into a right safetensors file.
class SafetensorsFile {
 public:
  void add(std::string_view name, const std::vector<std::int64_t>& shape,
           std::span<const float> values, std::string_view dtype = "F32") {
    std::string bytes;
    for (const float value : values) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &value, sizeof bits);
      const std::uint16_t half =
          dtype == "F16" ? kernels::to_f16(value) : static_cast<std::uint16_t>(bits >> 16);
      if (dtype == "F32")
        bytes.append(reinterpret_cast<const char*>(&bits), sizeof bits);
      else
        bytes.append(reinterpret_cast<const char*>(&half), sizeof half);
    }
    add_bytes(name, shape, bytes, dtype);
  }
  void add_bytes(std::string_view name, const std::vector<std::int64_t>& shape,
                 std::string_view bytes, std::string_view dtype) {
    std::string sizes;
    for (const std::int64_t size : shape) sizes += core::say(sizes.empty() ? "" : ",", size);
    header_ += core::say(header_.empty() ? "" : ",", "\"", name, "\":{\"dtype\":\"", dtype,
                         "\",\"shape\":[", sizes, "],\"data_offsets\":[", data_.size(), ",",
                         data_.size() + bytes.size(), "]}");
    data_ += bytes;
  }
  std::string bytes() const { return safetensors_bytes("{" + header_ + "}", 0) + data_; }

 private:
  std::string header_, data_;
};

// Numbers in (-1, 1) that bfloat16 and float16 hold exactly.
inline std::vector<float> exact_values(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = (static_cast<float>(random.below(128)) - 63.5f) / 64.0f;
  return values;
}

}  // namespace linnet::support
