// Only where PCRE2 is there (LINNET_PCRE2, set by the build): the regular expressions themselves
// say how to cut.
#ifdef LINNET_PCRE2

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <filesystem>
#include <random>
#include <utility>

#include "engine/text/utf8.h"
#include "tests/engine/text/support.h"
#include "tests/engine/text/words.h"
#include "tests/support/assets.h"

using namespace linnet;

namespace {

class Expression {
 public:
  explicit Expression(std::string_view pattern) {
    constexpr std::string_view kBytes = "(?-u)";  // it speaks of bytes, not characters
    const bool bytes = pattern.starts_with(kBytes);
    if (bytes) pattern.remove_prefix(kBytes.size());
    int problem = 0;
    std::size_t place = 0;
    code_ = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                          bytes ? 0 : PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE, &problem, &place,
                          nullptr);
    REQUIRE(code_ != nullptr);
    pcre2_jit_compile(code_, PCRE2_JIT_COMPLETE);
    match_ = pcre2_match_data_create_from_pattern(code_, nullptr);
  }
  Expression(Expression&& other) noexcept
      : code_(std::exchange(other.code_, nullptr)), match_(std::exchange(other.match_, nullptr)) {}
  Expression& operator=(Expression&&) = delete;
  ~Expression() {
    pcre2_match_data_free(match_);
    pcre2_code_free(code_);
  }

  // The matches, and what lies between them.
  std::vector<std::string> words(std::string_view text) const {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size();) {
      const int found = pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                    at, PCRE2_NO_UTF_CHECK, match_, nullptr);
      const std::size_t* ends = pcre2_get_ovector_pointer(match_);
      const std::size_t begin = found > 0 ? ends[0] : text.size();
      if (begin > at) all.emplace_back(text.substr(at, begin - at));
      if (found <= 0) break;
      if (ends[1] <= begin) FAIL("the expression matches nothing");
      all.emplace_back(text.substr(begin, ends[1] - begin));
      at = ends[1];
    }
    return all;
  }

 private:
  pcre2_code* code_;
  pcre2_match_data* match_;
};

// The two libraries may know different versions of Unicode: characters that only one of them has
// assigned say nothing about the splitters.
bool classes_agree(char32_t code) {
  static const Expression kinds[] = {Expression("\\p{L}+|\\P{L}"), Expression("\\p{N}+|\\P{N}"),
                                     Expression("\\p{P}+|\\P{P}")};
  std::string text;
  text::append_character(text, code);
  // A class of one character shows in whether two of them make one word.
  const std::string twice = text + text;
  const bool is_letter = kinds[0].words(twice).size() == 1;
  const bool is_number = kinds[1].words(twice).size() == 1;
  const bool is_punctuation = kinds[2].words(twice).size() == 1;
  const auto within = [&](std::span<const std::int32_t> ranges) {
    for (std::size_t i = 0; i < ranges.size(); i += 2)
      if (static_cast<std::int32_t>(code) >= ranges[i] &&
          static_cast<std::int32_t>(code) <= ranges[i + 1])
        return true;
    return false;
  };
  return is_letter == within(unicode::kLetters) && is_number == within(unicode::kNumbers) &&
         is_punctuation == within(unicode::kPunctuation);
}

std::string random_text(std::mt19937& random) {
  static constexpr std::string_view kParts[] = {" ",
                                                " ",
                                                "\n",
                                                "\r",
                                                "\t",
                                                "\xC2\x85",
                                                "\xC2\xA0",
                                                "\xE3\x80\x80",
                                                "\xE2\x80\xA8",
                                                "a",
                                                "Zz",
                                                "1",
                                                "22",
                                                "\xD9\xA3",
                                                "\xC2\xBD",
                                                "'",
                                                "'s",
                                                "'S",
                                                "'ll",
                                                "'lL",
                                                "'Re",
                                                "'\xC5\xBF",
                                                "'D",
                                                "333",
                                                "\xC2\xB2",
                                                "\xC3\xB9",
                                                "\xE3\x80\x82",
                                                "\xEA\xB0\x80",
                                                "\xE2\x80\xA6",
                                                "$",
                                                "|",
                                                "(",
                                                ".",
                                                "!?",
                                                "_",
                                                "\xCC\x81",
                                                "\xF0\x9F\x98\x80",
                                                "\xE4\xB8\xAD",
                                                "\xC4\xB0"};
  std::string text;
  for (auto parts = random() % 24; parts > 0; --parts) {
    if (random() % 4 != 0) {
      text += kParts[random() % std::size(kParts)];
      continue;
    }
    const char32_t code = static_cast<char32_t>(random() % 0x110000);
    if ((code < 0xD800 || code > 0xDFFF) && classes_agree(code)) text::append_character(text, code);
  }
  return text;
}

void check(std::string_view text) {
  static const std::vector<std::pair<std::string_view, Expression>> all = [] {
    std::vector<std::pair<std::string_view, Expression>> list;
    constexpr std::string_view kAll[] = {
        text::kGpt2Pattern, text::kLlama3Pattern, text::kQwen2Pattern, text::kThreeDigits,
        text::kBlankLetters, text::kBlankPunctuation, text::kBlanksAtEnd, text::kBloomPattern,
        text::kDigits, text::kDigitRuns, text::kPunctuation, text::kPunctuationRuns,
        text::kByteDigitRuns,
        // Sets, as DeepSeek has them.
        text::kNewline, "\\s?[!-/:-~\xE2\x80\x98-\xE2\x80\x9F\xE3\x80\x80-\xE3\x80\x82]+",
        text::kEastAsian};
    for (const std::string_view pattern : kAll) list.emplace_back(pattern, pattern);
    return list;
  }();
  for (const auto& [pattern, expression] : all)
    if (support::words_of(pattern, text) != expression.words(text))
      FAIL_CHECK(std::string(pattern), ": ", std::string(text.substr(0, 200)));
}

}  // namespace

TEST_CASE("The splitters cut random Unicode as the expressions do") {
  std::mt19937 random(20261121);
  for (int i = 0; i < 3000; ++i) check(random_text(random));
}

TEST_CASE("The splitters cut real texts as the expressions do") {
  const auto assets = support::assets();
  if (!assets) return;
  for (const char* name : {"tokenizers/sentencepiece/botchan.txt", "text/wikitext2/wiki.valid.raw",
                           "text/tinyshakespeare/input.txt", "text/cmudict/cmudict.symbols"})
    check(text::repaired(support::whole_file(*assets / name)));
}

#endif
