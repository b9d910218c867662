#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace linnet::text {

// A hash table of numbers of entries that lie elsewhere (in the mapped file), so that it costs four
// bytes per slot and no copy. Open addressing, at most half full.
class HashSlots {
 public:
  HashSlots() = default;
  explicit HashSlots(int entries) {
    std::size_t slots = 2;
    while (slots < 2 * static_cast<std::size_t>(entries)) slots *= 2;
    slots_.assign(slots, kEmpty);
  }

  // The entry with that hash for which same(entry), or -1.
  template <class Same>
  int find(std::uint32_t hash, const Same& same) const {
    if (slots_.empty()) return kEmpty;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t step = 0; step < kLongestSearch; ++step) {
      const std::int32_t entry = slots_[(hash + step) & mask];
      if (entry == kEmpty || same(entry)) return entry;
    }
    return kEmpty;
  }

  // Of entries that are the same, the first stays. False if too many different ones collide, which
  // only a file made for that purpose brings about.
  template <class Same>
  [[nodiscard]] bool insert(std::uint32_t hash, int entry, const Same& same) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t step = 0; step < kLongestSearch; ++step) {
      std::int32_t& slot = slots_[(hash + step) & mask];
      if (slot == kEmpty) slot = entry;
      if (slot == entry || same(slot)) return true;
    }
    return false;
  }

 private:
  static constexpr std::int32_t kEmpty = -1;
  // Half full, the longest run of 2^20 well-mixed entries is expected near 100.
  static constexpr std::size_t kLongestSearch = 512;
  std::vector<std::int32_t> slots_;
};

// The finalizer of MurmurHash3 (Appleby, public domain): every bit of the input reaches every bit.
constexpr std::uint32_t mixed(std::uint32_t h) {
  h = (h ^ h >> 16) * 0x85EBCA6Bu;
  h = (h ^ h >> 13) * 0xC2B2AE35u;
  return h ^ h >> 16;
}

// FNV-1a, byte by byte; a hash when it was mixed.
inline constexpr std::uint32_t kNoBytes = 0x811C9DC5u;
constexpr std::uint32_t with_byte(std::uint32_t h, char c) {
  return (h ^ static_cast<unsigned char>(c)) * 0x01000193u;
}

constexpr std::uint32_t hash_of(std::string_view bytes) {
  std::uint32_t h = kNoBytes;
  for (const char c : bytes) h = with_byte(h, c);
  return mixed(h);
}

constexpr std::uint32_t hash_of(std::uint32_t a, std::uint32_t b) {
  return mixed(mixed(a) * 31 + b);
}

}  // namespace linnet::text
