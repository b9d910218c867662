#include "tools/convert/vocabulary/spelling.h"

#include <array>

#include "engine/text/blanks.h"
#include "engine/text/utf8.h"

namespace linnet::convert {
namespace {

// Printable characters of Latin-1 stand for themselves; the other bytes, in rising order, are
// written as U+0100, U+0101, ... (bytes_to_unicode of GPT-2's encoder.py).
constexpr int kStandIns = 0x100 + 68;

constexpr bool stands_for_itself(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

// The byte of each character up to the last stand-in, or -1.
constexpr std::array<int, kStandIns> make_alphabet() {
  std::array<int, kStandIns> alphabet{};
  alphabet.fill(-1);
  std::size_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte)
    alphabet[stands_for_itself(byte) ? static_cast<std::size_t>(byte) : next++] = byte;
  return alphabet;
}
constexpr std::array<int, kStandIns> kAlphabet = make_alphabet();

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string with_blanks(std::string_view token) {
  using text::kBlankSign;
  std::string text;
  while (!token.empty()) {
    const bool blank = token.starts_with(kBlankSign);
    text += blank ? ' ' : token.front();
    token.remove_prefix(blank ? kBlankSign.size() : 1);
  }
  return text;
}

std::optional<unsigned char> byte_of(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
  const int high = hex_digit(token[3]), low = hex_digit(token[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<unsigned char>(high * 16 + low);
}

std::optional<std::string> bytes_of(std::string_view token) {
  std::string bytes;
  while (!token.empty()) {
    const text::Character c = text::first_character(token);
    const int byte = c.code < kStandIns ? kAlphabet[c.code] : -1;
    if (byte < 0) return std::nullopt;
    bytes += static_cast<char>(byte);
    token.remove_prefix(static_cast<std::size_t>(c.bytes));
  }
  return bytes;
}

}  // namespace linnet::convert
