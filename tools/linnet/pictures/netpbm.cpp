#include "tools/linnet/pictures/netpbm.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "tools/linnet/pictures/picture_size.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Takes the next number of a header: blanks and comments (# to the end of the line), digits, and
// the one blank after them. Nothing, if there is none; no header needs more than nine digits.
std::optional<std::int64_t> take_number(std::string_view& text) {
  while (!text.empty() && (is_blank(text[0]) || text[0] == '#'))
    text.remove_prefix(text[0] == '#' ? std::min(text.find_first_of("\r\n"), text.size()) : 1);
  std::size_t digits = 0;
  std::int64_t number = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    if (digits == 9) return std::nullopt;
    number = 10 * number + (text[digits] - '0');
  }
  if (digits == 0 || digits == text.size() || !is_blank(text[digits])) return std::nullopt;
  text.remove_prefix(digits + 1);
  return number;
}

}  // namespace

bool is_netpbm(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{'P'} && bytes[1] >= std::byte{'1'} &&
         bytes[1] <= std::byte{'7'};
}

core::Result<Picture> parse_netpbm(std::span<const std::byte> bytes, const std::string& name) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const char kind = text[1];
  if (kind != '5' && kind != '6')
    return Error{Fault::unsupported,
                 core::say(name, ": of the Netpbm formats, P5 and P6 are supported, not P", kind)};
  text.remove_prefix(2);
  if (!text.empty() && !is_blank(text[0]) && text[0] != '#') text = {};
  const auto width = take_number(text), height = take_number(text), largest = take_number(text);
  if (!width || !height || !largest)
    return Error{Fault::corrupt, core::say(name, ": the header of this P", kind, " is damaged")};
  if (const core::Status size = check_picture_size(*width, *height, name); !size)
    return size.error();
  if (*largest != 255)
    return Error{Fault::unsupported,
                 core::say(name, ": the largest value has to be 255, not ", *largest)};
  const std::size_t values = kind == '6' ? 3 : 1;
  const auto count = static_cast<std::size_t>(*width * *height);
  if (text.size() / values < count)
    return Error{Fault::corrupt, name + ": ends before its last pixel"};
  Picture picture{static_cast<int>(*width), static_cast<int>(*height), {}};
  picture.rgb.resize(3 * count);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i)
    picture.rgb[i] = static_cast<std::uint8_t>(text[values == 3 ? i : i / 3]);
  return picture;
}

}  // namespace linnet::tools
