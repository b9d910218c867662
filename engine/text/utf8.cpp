#include "engine/text/utf8.h"

#include <cassert>

namespace linnet::text {
namespace {

constexpr bool within(unsigned value, unsigned low, unsigned high) {
  return value >= low && value <= high;
}

// What a first byte promises: how many bytes follow, and the range of the second one, which rules
// out overlong forms, surrogates and codes past U+10FFFF (Unicode 15, table 3-7).
struct Lead {
  int following;  // 0: this byte begins no longer character
  unsigned low, high;
};

constexpr Lead lead_of(unsigned byte) {
  if (within(byte, 0xC2, 0xDF)) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (within(byte, 0xE1, 0xEF)) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (within(byte, 0xF1, 0xF3)) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

Character first_character(std::string_view text) {
  assert(!text.empty());
  const auto byte = [&](int i) {
    return static_cast<unsigned>(static_cast<unsigned char>(text[static_cast<std::size_t>(i)]));
  };
  const unsigned first = byte(0);
  if (first < 0x80) return {static_cast<char32_t>(first), 1, Character::State::whole};
  const Lead lead = lead_of(first);
  if (lead.following == 0) return {kReplacement, 1, Character::State::broken};

  char32_t code = first & (0x3Fu >> lead.following);
  for (int i = 1; i <= lead.following; ++i) {
    if (static_cast<std::size_t>(i) == text.size()) return {kReplacement, i, Character::State::cut};
    const bool fits = i == 1 ? within(byte(i), lead.low, lead.high) : within(byte(i), 0x80, 0xBF);
    if (!fits) return {kReplacement, i, Character::State::broken};
    code = code << 6 | (byte(i) & 0x3F);
  }
  return {code, lead.following + 1, Character::State::whole};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Character c = first_character(text);
    if (c.state != Character::State::whole) return false;
    text.remove_prefix(static_cast<std::size_t>(c.bytes));
  }
  return true;
}

std::string repaired(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character c = first_character(text);
    const auto bytes = static_cast<std::size_t>(c.bytes);
    out += c.state == Character::State::whole ? text.substr(0, bytes) : kReplacementBytes;
    text.remove_prefix(bytes);
  }
  return out;
}

void append_character(std::string& text, char32_t code) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  const int following = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  put((0xF00u >> (following + 1) & 0xFF) | code >> 6 * following);
  for (int i = following - 1; i >= 0; --i) put(0x80 | (code >> 6 * i & 0x3F));
}

}  // namespace linnet::text
