#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace linnet::tools {

// The byte at `at`, and the numbers of two and four bytes that begin there, the upper byte first.
// All must lie within `bytes`.
inline std::uint32_t byte_at(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<std::uint32_t>(bytes[at]);
}
inline std::uint32_t big16(std::span<const std::byte> bytes, std::size_t at) {
  return byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
}
inline std::uint32_t big32(std::span<const std::byte> bytes, std::size_t at) {
  return big16(bytes, at) << 16 | big16(bytes, at + 2);
}

}  // namespace linnet::tools
