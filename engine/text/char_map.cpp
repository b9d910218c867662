#include "engine/text/char_map.h"

#include <algorithm>

namespace linnet::text {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

namespace {

constexpr std::size_t kUnit = 4;
// What a map may ask for, so that a file cannot make it slow. Unicode's longest strings have some
// 20 bytes.
constexpr std::size_t kLongest = 256;

constexpr std::uint32_t kValueBit = 1u << 31, kEndBit = 1u << 8;

std::uint32_t load(const std::byte* from) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | std::to_integer<std::uint32_t>(from[i]);
  return value;
}

constexpr std::uint32_t offset_of(std::uint32_t unit) {
  return unit >> 10 << ((unit & 1u << 9) >> 6);
}
// Never a byte where the unit is a value.
constexpr std::uint32_t label_of(std::uint32_t unit) { return unit & (kValueBit | 0xFF); }

}  // namespace

Result<CharMap> CharMap::from(const core::Bundle& bundle, std::string_view name) {
  auto bytes = bundle.get(name, std::span<const std::byte>{});
  if (!bytes) return bytes.error();
  if (bundle.setting(name) == nullptr) return CharMap();
  return of(*bytes);
}

Result<CharMap> CharMap::of(std::span<const std::byte> bytes) {
  if (bytes.size() < kUnit)
    return Error{Fault::corrupt, say("the character map has only ", bytes.size(), " bytes")};
  const std::size_t trie = load(bytes.data()), room = bytes.size() - kUnit;
  if (trie == 0 || trie % kUnit != 0 || trie > room)
    return Error{Fault::corrupt, say("the character map has a trie of ", trie, " bytes in ", room)};
  if (trie == room || bytes.back() != std::byte{0})
    return Error{Fault::corrupt, "the last replacement of the character map has no end"};
  CharMap map;
  map.units_ = bytes.data() + kUnit;
  map.count_ = trie / kUnit;
  map.replacements_ = {reinterpret_cast<const char*>(map.units_) + trie, room - trie};
  for (std::size_t node = 0; node < map.count_; ++node) {
    const std::uint32_t unit = map.unit(node);
    if ((unit & kValueBit) != 0 || (unit & kEndBit) == 0) continue;
    const std::size_t value = map.child_base(node);
    // A place that no string leads to may hold anything; one that it leads to may not.
    if (value < map.count_ && (map.unit(value) & kValueBit) != 0 &&
        !map.is_replacement(map.unit(value) & ~kValueBit))
      return Error{
          Fault::corrupt,
          say("node ", node, " of the character map has its replacement at ",
              map.unit(value) & ~kValueBit, ", outside of ", map.replacements_.size(), " bytes")};
  }
  return map;
}

CharMap::Match CharMap::longest(std::string_view text) const {
  Match match;
  if (empty()) return match;
  std::size_t base = child_base(0);
  for (std::size_t i = 0; i < std::min(text.size(), kLongest); ++i) {
    const std::uint32_t byte = static_cast<unsigned char>(text[i]);
    const std::size_t node = base ^ byte;
    if (node >= count_ || label_of(unit(node)) != byte) break;
    base = child_base(node);
    if ((unit(node) & kEndBit) == 0 || base >= count_) continue;
    const std::uint32_t value = unit(base) & ~kValueBit;
    if (!is_replacement(value)) continue;
    const std::string_view room = replacements_.substr(value, kMostGrowth * (i + 1) + 1);
    const std::size_t end = room.find('\0');
    if (end != room.npos) match = {i + 1, room.substr(0, end)};
  }
  return match;
}

std::uint32_t CharMap::unit(std::size_t at) const { return load(units_ + at * kUnit); }

std::size_t CharMap::child_base(std::size_t node) const { return node ^ offset_of(unit(node)); }

bool CharMap::is_replacement(std::uint32_t value) const { return value < replacements_.size(); }

}  // namespace linnet::text
