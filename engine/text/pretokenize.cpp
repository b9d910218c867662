#include "engine/text/pretokenize.h"

#include <algorithm>

#include "engine/text/cursor.h"

namespace linnet::text {
namespace {

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

template <int kMostDigits>
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
    for (int digits = 0; digits < kMostDigits && at.is(number); ++digits) at.step();
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

// The length of the match at the start of a text that is not empty; 0: there is none.
using MatchAt = std::size_t (*)(const CharacterClasses& classes, std::string_view text);

// A match at the start, or what stands before the next one.
template <MatchAt match>
std::size_t match_or_gap(const CharacterClasses& classes, std::string_view rest) {
  if (const std::size_t length = match(classes, rest)) return length;
  Cursor at(classes, rest);
  do at.step();
  while (!at.at_end() && match(classes, rest.substr(at.place())) == 0);
  return at.place();
}

// Characters for which is(cursor), or one of them.
template <class Is>
std::size_t run(Cursor at, bool only_one, const Is& is) {
  while (!at.at_end() && is(at)) {
    at.step();
    if (only_one) break;
  }
  return at.place();
}

// The same behind one character for which before(cursor), if that is there.
template <class Before, class Is>
std::size_t run_after(Cursor at, const Before& before, const Is& is) {
  if (!at.at_end() && before(at)) at.step();
  const std::size_t start = at.place();
  const std::size_t end = run(at, false, is);
  return end > start ? end : 0;
}

bool is_number(const Cursor& at) { return at.is(number); }
bool is_letter(const Cursor& at) { return at.is(letter); }
bool is_space(const Cursor& at) { return at.is(blank); }
bool is_pure_punctuation(const Cursor& at) { return at.is_punctuation(); }

// Symbols of ASCII that Unicode does not count as punctuation are punctuation too.
bool is_punctuation(const Cursor& at) {
  constexpr std::string_view kSymbols = "$+<=>^`|~";
  return at.is_punctuation() ||
         (at.code() < 0x80 && kSymbols.find(static_cast<char>(at.code())) != kSymbols.npos);
}

bool is_bloom(const Cursor& at) {
  constexpr std::u32string_view kMarks = U"(|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)";
  return !at.is(blank) && kMarks.find(at.code()) == kMarks.npos;
}

template <bool (*is)(const Cursor&), bool kOne = false>
std::size_t class_at(const CharacterClasses& classes, std::string_view text) {
  return run(Cursor(classes, text), kOne, is);
}

template <bool (*is)(const Cursor&)>
std::size_t class_after_blank_at(const CharacterClasses& classes, std::string_view text) {
  return run_after(Cursor(classes, text), is_space, is);
}

std::size_t bloom_at(const CharacterClasses& classes, std::string_view text) {
  const auto space = [](const Cursor& at) { return at.code() == ' '; };
  return run_after(Cursor(classes, text), space, is_bloom);
}

std::size_t three_digits_at(const CharacterClasses&, std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return text.size() >= 3 && digit(text[0]) && digit(text[1]) && digit(text[2]) ? 3 : 0;
}

// \s+$, each run of blanks looked at once: as much of it as ends before a line end, or at the end.
std::size_t blanks_at_end_word(const CharacterClasses& classes, std::string_view rest) {
  for (Cursor at(classes, rest); !at.at_end(); at.step()) {
    if (!at.is(blank)) continue;
    const std::size_t start = at.place();
    std::size_t end = start;
    while (at.is(blank)) {
      at.step();
      if (at.at_end() || at.code() == '\n') end = at.place();
    }
    if (end > start) return start > 0 ? start : end;
    if (at.at_end()) break;
  }
  return rest.size();
}

// Bytes, not characters.
std::size_t byte_digits_word(const CharacterClasses&, std::string_view rest) {
  constexpr std::string_view kDigitBytes = "0123456789\xB2\xB3\xB9\xBC\xBD\xBE";
  const bool digits = kDigitBytes.find(rest[0]) != kDigitBytes.npos;
  const std::size_t end =
      digits ? rest.find_first_not_of(kDigitBytes) : rest.find_first_of(kDigitBytes);
  return std::min(end, rest.size());
}

constexpr Pattern kPatterns[] = {
    {kGpt2Pattern, gpt2_word},
    {kLlama3Pattern, llama3_word<3>},
    {kQwen2Pattern, llama3_word<1>},
    {kThreeDigits, match_or_gap<three_digits_at>},
    {kBlankLetters, match_or_gap<class_after_blank_at<is_letter>>},
    {kBlankPunctuation, match_or_gap<class_after_blank_at<is_pure_punctuation>>, true},
    {kBlanksAtEnd, blanks_at_end_word},
    {kBloomPattern, match_or_gap<bloom_at>},
    {kDigits, match_or_gap<class_at<is_number, true>>},
    {kDigitRuns, match_or_gap<class_at<is_number>>},
    {kPunctuation, match_or_gap<class_at<is_punctuation, true>>, true},
    {kPunctuationRuns, match_or_gap<class_at<is_punctuation>>, true},
    {kByteDigitRuns, byte_digits_word},
};

}  // namespace

const Pattern* find_pattern(std::string_view text) {
  const auto* found = std::find_if(std::begin(kPatterns), std::end(kPatterns),
                                   [&](const Pattern& pattern) { return pattern.text == text; });
  return found == std::end(kPatterns) ? nullptr : found;
}

bool is_known_pattern(std::string_view text) {
  return find_pattern(text) != nullptr || SetPattern::parse(text).has_value();
}

}  // namespace linnet::text
