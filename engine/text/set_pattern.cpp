#include "engine/text/set_pattern.h"

#include <algorithm>

#include "engine/text/character_classes.h"
#include "engine/text/utf8.h"

namespace linnet::text {
namespace {

// What would not stand for itself, or not in every dialect.
constexpr std::u32string_view kSigns = U"[]\\^&-";

// Takes one character off; nothing if it is a sign or not UTF-8.
std::optional<char32_t> take_plain(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const Character c = first_character(rest);
  if (c.state != Character::State::whole || kSigns.find(c.code) != kSigns.npos) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(c.bytes));
  return c.code;
}

bool take(std::string_view& rest, std::string_view start) {
  if (!rest.starts_with(start)) return false;
  rest.remove_prefix(start.size());
  return true;
}

}  // namespace

std::optional<SetPattern> SetPattern::parse(std::string_view text) {
  SetPattern pattern;
  pattern.after_blank_ = take(text, "\\s?");
  if (!take(text, "[")) return std::nullopt;
  while (!take(text, "]")) {
    const auto first = take_plain(text);
    if (!first) return std::nullopt;
    const auto last = take(text, "-") ? take_plain(text) : first;
    if (!last || *last < *first) return std::nullopt;
    pattern.ranges_.emplace_back(*first, *last);
  }
  pattern.run_ = take(text, "+");
  if (!text.empty() || pattern.ranges_.empty()) return std::nullopt;
  // Rising and apart, so that one is found by halving.
  auto& ranges = pattern.ranges_;
  std::sort(ranges.begin(), ranges.end());
  std::size_t kept = 0;
  for (const auto& range : ranges) {
    if (kept > 0 && range.first <= ranges[kept - 1].second)
      ranges[kept - 1].second = std::max(ranges[kept - 1].second, range.second);
    else
      ranges[kept++] = range;
  }
  ranges.resize(kept);
  return pattern;
}

bool SetPattern::has(char32_t c) const {
  const auto after = std::partition_point(ranges_.begin(), ranges_.end(),
                                          [&](const auto& range) { return range.second < c; });
  return after != ranges_.end() && after->first <= c;
}

std::size_t SetPattern::match(std::string_view rest) const {
  const auto run_from = [&](std::size_t start) {
    std::size_t end = start;
    while (end < rest.size()) {
      const Character c = first_character(rest.substr(end));
      if (!has(c.code)) break;
      end += static_cast<std::size_t>(c.bytes);
      if (!run_) break;
    }
    return end > start ? end : 0;
  };
  const Character first = first_character(rest);
  if (after_blank_ && is_blank(first.code))
    if (const std::size_t end = run_from(static_cast<std::size_t>(first.bytes))) return end;
  return run_from(0);
}

std::size_t SetPattern::first_word(std::string_view rest) const {
  if (const std::size_t length = match(rest)) return length;
  std::size_t at = 0;
  do at += static_cast<std::size_t>(first_character(rest.substr(at)).bytes);
  while (at < rest.size() && match(rest.substr(at)) == 0);
  return at;
}

}  // namespace linnet::text
