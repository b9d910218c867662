#include "tools/linnet/metrics/words.h"

#include <algorithm>

#include "engine/text/utf8.h"

namespace linnet::tools::metrics {
namespace {

std::size_t size_of(const text::Character& character) {
  return static_cast<std::size_t>(character.bytes);
}

}  // namespace

bool is_blank(char32_t code) {
  if (code < 0x80)
    return code == ' ' || (code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x1F);
  return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t begin = 0, at = 0;
  while (at < text.size()) {
    const text::Character character = text::first_character(text.substr(at));
    if (is_blank(character.code)) {
      if (at > begin) words.push_back(text.substr(begin, at - begin));
      begin = at + size_of(character);
    }
    at += size_of(character);
  }
  if (at > begin) words.push_back(text.substr(begin));
  return words;
}

std::u32string without_blanks(std::string_view text) {
  std::u32string codes;
  while (!text.empty()) {
    const text::Character character = text::first_character(text);
    if (!is_blank(character.code)) codes += character.code;
    text.remove_prefix(size_of(character));
  }
  return codes;
}

std::string without_final_digits(std::string_view text) {
  std::string kept;
  const char* end = text.data();  // of what is in `kept`
  for (std::string_view word : words_of(text)) {
    const char* const word_end = word.data() + word.size();
    kept.append(end, word.data());
    end = word_end;
    const auto last = std::find_if_not(word.rbegin(), word.rend(), is_digit);
    const auto digits = static_cast<std::size_t>(last - word.rbegin());
    kept += word.substr(0, last == word.rend() ? word.size() : word.size() - digits);
  }
  return kept.append(end, text.data() + text.size());
}

}  // namespace linnet::tools::metrics
