#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Characters out of bytes. What is not UTF-8 counts as U+FFFD, one for each maximal part that could
// have begun a character (Unicode 15, section 3.9, "substitution of maximal subparts"): the same
// number of replacements as Python's and Rust's lenient decoders give.
namespace linnet::text {

inline constexpr char32_t kReplacement = 0xFFFD;
inline constexpr std::string_view kReplacementBytes = "\xEF\xBF\xBD";

struct Character {
  enum class State : std::uint8_t {
    whole,
    broken,  // no continuation can make it a character
    cut,     // the text ended too early
  };
  char32_t code = kReplacement;  // kReplacement unless whole
  int bytes = 0;                 // that it occupies, at least 1
  State state = State::whole;
};

// The character that `text` begins with; `text` is not empty.
Character first_character(std::string_view text);

bool is_utf8(std::string_view text);

// `text` with every part that is not UTF-8 replaced by U+FFFD.
std::string repaired(std::string_view text);

void append_character(std::string& text, char32_t code);

}  // namespace linnet::text
