#include "tools/common/numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace linnet::tools {
namespace {

template <class T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || text.empty()) return std::nullopt;
  return value;
}

// How often 1024 is a factor of a unit; -1 if it is none of ours.
int exponent_of(std::string_view unit) {
  if (unit.empty() || unit == "B") return 0;
  const std::string_view rest = unit.substr(1);
  if (!rest.empty() && rest != "B" && rest != "iB") return -1;
  constexpr std::string_view kUpper = "KMG", kLower = "kmg";
  std::size_t found = kUpper.find(unit[0]);
  if (found == std::string_view::npos) found = kLower.find(unit[0]);
  return found == std::string_view::npos ? -1 : static_cast<int>(found) + 1;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  return parse_whole<std::int64_t>(text);
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  return parse_whole<std::uint64_t>(text);
}

std::optional<double> parse_number(std::string_view text) {
  const std::optional<double> value = parse_whole<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::optional<double> count = parse_number(text.substr(0, digits));
  const int exponent = exponent_of(text.substr(digits));
  if (!count || exponent < 0) return std::nullopt;
  const double bytes = std::ldexp(*count, 10 * exponent);
  if (!(bytes < 0x1p62)) return std::nullopt;
  return static_cast<std::int64_t>(bytes);
}

// Not with std::to_chars, whose tables are a tenth of a megabyte. The programs never leave the "C"
// locale, so that the point is a point.
std::string show_number(double value) {
  char text[32];
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) break;
  }
  return text;
}

std::string show_fixed(double value, int digits) {
  char text[400];  // 309 digits and some
  const int length = std::snprintf(text, sizeof text, "%.*f", digits, value);
  return std::string(text, static_cast<std::size_t>(length));
}

std::string show_bytes(std::int64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  auto amount = static_cast<double>(bytes);
  int unit = -1;
  for (; amount >= 1024 && unit < 3; amount /= 1024) ++unit;
  return show_fixed(amount, amount < 100 ? 1 : 0) + " " + "kMGT"[unit] + "B";
}

}  // namespace linnet::tools
