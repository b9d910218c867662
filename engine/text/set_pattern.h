#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace linnet::text {

// An expression that is a set of characters: "[...]", "[...]+", or either behind "\s?". The set
// lists characters and ranges of them, without escapes, so that it can be read from any model.
class SetPattern {
 public:
  // Nothing if the text (UTF-8) is no such expression.
  static std::optional<SetPattern> parse(std::string_view text);

  // The length in bytes of the match at the start of `rest`, or else of what stands before the next
  // one; `rest` is not empty.
  std::size_t first_word(std::string_view rest) const;

 private:
  bool has(char32_t c) const;
  std::size_t match(std::string_view rest) const;

  std::vector<std::pair<char32_t, char32_t>> ranges_;  // first and last, rising
  bool after_blank_ = false, run_ = false;
};

}  // namespace linnet::text
