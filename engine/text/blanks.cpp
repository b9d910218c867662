#include "engine/text/blanks.h"

#include <algorithm>

#include "engine/text/character_classes.h"
#include "engine/text/utf8.h"

namespace linnet::text {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

Result<bool> read_flag(const core::Bundle& bundle, std::string_view name) {
  auto value = bundle.get<std::int64_t>(name, 0);
  if (!value) return value.error();
  if (*value != 0 && *value != 1)
    return Error{Fault::corrupt, say("the setting '", name, "' is ", *value, ", not 0 or 1")};
  return *value == 1;
}

Result<Prefix> Prefix::from(const core::Bundle& bundle) {
  auto where = bundle.get("tokenizer.prefix", std::string_view("none"));
  if (!where) return where.error();
  auto unless_blank = read_flag(bundle, "tokenizer.prefix_unless_blank");
  if (!unless_blank) return unless_blank.error();

  Prefix prefix;
  prefix.unless_blank = *unless_blank;
  if (*where == "none") return prefix;
  if (*where == "first") {
    prefix.where = Where::first_section;
    return prefix;
  }
  if (*where == "every") {
    prefix.where = Where::every_section;
    return prefix;
  }
  return Error{Fault::unsupported,
               say("the setting 'tokenizer.prefix' is '", *where, "', which this build lacks")};
}

std::size_t WordCuts::end(std::string_view text, std::size_t from) const {
  std::size_t end = text.npos;
  if (split_) {
    end = text.find(' ', from + 1);
  } else if (apart_) {
    const std::size_t word = text.find_first_not_of(' ', from);
    end = word == text.npos ? word : text.find(' ', word);
  }
  return std::min(end, text.size());
}

bool WordCuts::spans_words(std::string_view token) {
  // Short strings, and all tokens of a vocabulary: no calls.
  bool word = false;
  for (const char c : token) {
    if (word && c == ' ') return true;
    word = word || c != ' ';
  }
  return false;
}

std::string_view without_blanks_before(std::string_view text) {
  while (!text.empty()) {
    const Character c = first_character(text);
    if (!is_blank(c.code)) break;
    text.remove_prefix(static_cast<std::size_t>(c.bytes));
  }
  return text;
}

std::string_view without_blanks_after(std::string_view text) {
  while (!text.empty()) {
    std::size_t last = text.size() - 1;
    while (last > 0 && (text[last] & 0xC0) == 0x80) --last;
    if (!is_blank(first_character(text.substr(last)).code)) break;
    text = text.substr(0, last);
  }
  return text;
}

}  // namespace linnet::text
