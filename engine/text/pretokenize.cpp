#include "engine/text/pretokenize.h"

#include <algorithm>
#include <limits>

#include "engine/text/utf8.h"

namespace linnet::text {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

// Unicode 15, PropList.txt.
bool is_blank(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

namespace {

// Whether c lies in one of the ranges first, last, first, last, ...
bool within(std::span<const std::int32_t> ranges, char32_t c) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), static_cast<std::int32_t>(c));
  const auto index = after - ranges.begin();
  return index % 2 == 1 ||
         (index > 0 && ranges[static_cast<std::size_t>(index - 1)] == static_cast<std::int32_t>(c));
}

Result<std::span<const std::int32_t>> read_ranges(const core::Bundle& bundle,
                                                  std::string_view name) {
  auto ranges = bundle.get(name, std::span<const std::int32_t>{});
  if (!ranges) return ranges;
  if (ranges->empty() || ranges->size() % 2 != 0)
    return Error{Fault::corrupt, say("the setting '", name, "' is not a list of ranges")};
  std::int32_t before = -1;
  for (std::size_t i = 0; i < ranges->size(); i += 2) {
    const std::int32_t first = (*ranges)[i], last = (*ranges)[i + 1];
    if (first <= before || last < first || last > 0x10FFFF)
      return Error{Fault::corrupt,
                   say("the setting '", name, "' has a wrong range at ", first, " to ", last)};
    before = last;
  }
  return ranges;
}

// A place in a text, one character at a time.
class Cursor {
 public:
  using Class = CharacterClasses::Class;

  Cursor(const CharacterClasses& classes, std::string_view text) : classes_(&classes), text_(text) {
    look();
  }
  bool at_end() const { return bytes_ == 0; }
  char32_t code() const { return code_; }
  // Of the character here; false at the end of the text whatever is asked.
  bool is(Class c) const { return !at_end() && class_ == c; }
  bool is_newline() const { return !at_end() && (code_ == '\r' || code_ == '\n'); }
  std::size_t place() const { return place_; }
  void step() {
    place_ += bytes_;
    look();
  }
  void skip(Class c) {
    while (is(c)) step();
  }
  void skip_newlines() {
    while (is_newline()) step();
  }

 private:
  void look() {
    if (place_ == text_.size()) {
      bytes_ = 0;
      return;
    }
    const Character c = first_character(text_.substr(place_));
    code_ = c.code;
    bytes_ = static_cast<std::size_t>(c.bytes);
    class_ = (*classes_)(c.code);
  }

  const CharacterClasses* classes_;
  std::string_view text_;
  std::size_t place_ = 0, bytes_ = 0;
  char32_t code_ = 0;
  Class class_ = CharacterClasses::other;
};

using enum CharacterClasses::Class;

// 's|'t|'re|'ve|'m|'ll|'d: its length in bytes, or 0.
std::size_t contraction(std::string_view text) {
  if (text.size() < 2 || text[0] != '\'') return 0;
  const std::string_view rest = text.substr(1);
  for (const std::string_view ending : {"s", "t", "re", "ve", "m", "ll", "d"})
    if (rest.starts_with(ending)) return 1 + ending.size();
  return 0;
}

// The same in either case. U+017F, the long s, is a lower case of S.
std::size_t contraction_any_case(std::string_view text) {
  if (text.size() < 2 || text[0] != '\'') return 0;
  if (text.substr(1).starts_with("\xC5\xBF")) return 3;
  char lower[3] = {};
  for (std::size_t i = 0; i < std::min<std::size_t>(3, text.size()); ++i)
    lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
  return contraction({lower, std::min<std::size_t>(3, text.size())});
}

// \s+(?!\S)|\s+: blanks, but the last of several is left to the word that follows.
std::size_t blanks(Cursor at) {
  std::size_t before_last = 0;
  while (at.is(blank)) {
    before_last = at.place();
    at.step();
  }
  return at.at_end() || before_last == 0 ? at.place() : before_last;
}

// \s*[\r\n]+: blanks up to the last line end among them, or 0 if there is none.
std::size_t through_last_newline(Cursor at) {
  std::size_t end = 0;
  while (at.is(blank)) {
    const bool newline = at.is_newline();
    at.step();
    if (newline) end = at.place();
  }
  return end;
}

std::size_t gpt2_word(const CharacterClasses& classes, std::string_view rest) {
  if (const std::size_t length = contraction(rest)) return length;
  const Cursor start(classes, rest);
  Cursor at = start;
  if (at.code() == ' ') at.step();
  for (const auto kind : {letter, number, other}) {
    if (!at.is(kind)) continue;
    at.skip(kind);
    return at.place();
  }
  return blanks(start);
}

std::size_t llama3_word(const CharacterClasses& classes, std::string_view rest) {
  if (const std::size_t length = contraction_any_case(rest)) return length;
  const Cursor start(classes, rest);

  Cursor at = start;
  if (!at.is(letter) && !at.is(number) && !at.is_newline()) at.step();
  if (at.is(letter)) {
    at.skip(letter);
    return at.place();
  }
  at = start;
  if (at.is(number)) {
    for (int digits = 0; digits < 3 && at.is(number); ++digits) at.step();
    return at.place();
  }
  if (at.code() == ' ') at.step();
  if (at.is(other)) {
    at.skip(other);
    at.skip_newlines();
    return at.place();
  }
  if (const std::size_t length = through_last_newline(start)) return length;
  return blanks(start);
}

}  // namespace

CharacterClasses::Class CharacterClasses::search(char32_t c) const {
  if (within(letters_, c)) return letter;
  if (within(numbers_, c)) return number;
  return is_blank(c) ? blank : other;
}

Result<CharacterClasses> CharacterClasses::from(const core::Bundle& bundle) {
  auto letters = read_ranges(bundle, "tokenizer.letters");
  if (!letters) return letters.error();
  auto numbers = read_ranges(bundle, "tokenizer.numbers");
  if (!numbers) return numbers.error();
  CharacterClasses classes;
  classes.letters_ = *letters;
  classes.numbers_ = *numbers;
  for (char32_t c = 0; c < kTable; ++c) classes.table_[c] = classes.search(c);
  return classes;
}

FirstWord find_pattern(std::string_view pattern) {
  if (pattern == kGpt2Pattern) return gpt2_word;
  if (pattern == kLlama3Pattern) return llama3_word;
  return nullptr;
}

}  // namespace linnet::text
