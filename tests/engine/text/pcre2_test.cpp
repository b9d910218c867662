// Only where PCRE2 is there (LINNET_PCRE2, set by the build): the regular expressions themselves
// say how to cut.
#ifdef LINNET_PCRE2

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <filesystem>
#include <random>

#include "engine/text/utf8.h"
#include "tests/engine/text/support.h"
#include "tests/engine/text/words.h"
#include "tests/support/assets.h"

using namespace linnet;

namespace {

class Expression {
 public:
  explicit Expression(std::string_view pattern) {
    int problem = 0;
    std::size_t place = 0;
    code_ = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                          PCRE2_UTF | PCRE2_UCP, &problem, &place, nullptr);
    REQUIRE(code_ != nullptr);
    pcre2_jit_compile(code_, PCRE2_JIT_COMPLETE);
    match_ = pcre2_match_data_create_from_pattern(code_, nullptr);
  }
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;
  ~Expression() {
    pcre2_match_data_free(match_);
    pcre2_code_free(code_);
  }

  std::vector<std::string> words(std::string_view text) const {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size();) {
      const int found = pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                    at, PCRE2_NO_UTF_CHECK, match_, nullptr);
      const std::size_t* ends = pcre2_get_ovector_pointer(match_);
      if (found <= 0 || ends[0] != at || ends[1] <= at) FAIL("the expression leaves text out");
      all.emplace_back(text.substr(at, ends[1] - at));
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
  static const Expression kinds[] = {Expression("\\p{L}+|\\P{L}"), Expression("\\p{N}+|\\P{N}")};
  std::string text;
  text::append_character(text, code);
  // A class of one character shows in whether two of them make one word.
  const std::string twice = text + text;
  const bool is_letter = kinds[0].words(twice).size() == 1;
  const bool is_number = kinds[1].words(twice).size() == 1;
  const auto within = [&](std::span<const std::int32_t> ranges) {
    for (std::size_t i = 0; i < ranges.size(); i += 2)
      if (static_cast<std::int32_t>(code) >= ranges[i] &&
          static_cast<std::int32_t>(code) <= ranges[i + 1])
        return true;
    return false;
  };
  return is_letter == within(unicode::kLetters) && is_number == within(unicode::kNumbers);
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
  static const Expression gpt2(text::kGpt2Pattern), llama3(text::kLlama3Pattern);
  const bool same = support::words_of(text::kGpt2Pattern, text) == gpt2.words(text) &&
                    support::words_of(text::kLlama3Pattern, text) == llama3.words(text);
  if (!same) FAIL_CHECK(std::string(text.substr(0, 200)));
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
