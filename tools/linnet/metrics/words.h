#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace linnet::tools::metrics {

// Whether a character separates words: what Python's str.split() takes for white space, so the
// blanks of Unicode and the separators U+001C to U+001F too.
bool is_blank(char32_t code);

inline bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// The words of UTF-8 text, what lies between blanks. Views into `text`.
std::vector<std::string_view> words_of(std::string_view text);

// The characters of UTF-8 text that are no blanks.
std::u32string without_blanks(std::string_view text);

// `text` without the digits 0 to 9 at the end of each word. A word of digits alone stays.
std::string without_final_digits(std::string_view text);

}  // namespace linnet::tools::metrics
