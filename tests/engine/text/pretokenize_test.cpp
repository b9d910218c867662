#include "engine/text/pretokenize.h"

#include <doctest/doctest.h>
#include <unicode/ranges.h>

#include <string>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "engine/text/utf8.h"
#include "tests/engine/text/words.h"

using namespace linnet;
using Words = std::vector<std::string>;

TEST_CASE("GPT-2's words begin with their blank and keep contractions, letters and digits apart") {
  const auto words = [](std::string_view text) {
    return support::words_of(text::kGpt2Pattern, text);
  };
  CHECK(words("Hello world's end.") == Words{"Hello", " world", "'s", " end", "."});
  CHECK(words("we'll we'LL") == Words{"we", "'ll", " we", "'", "LL"});
  CHECK(words("abc123 12345") == Words{"abc", "123", " 12345"});
  CHECK(words("a   b") == Words{"a", "  ", " b"});
  CHECK(words("a \n b\n") == Words{"a", " \n", " b", "\n"});
  CHECK(words("a\tb") == Words{"a", "\t", "b"});
  CHECK(words("  ") == Words{"  "});
  CHECK(words("...!? (x)") == Words{"...!?", " (", "x", ")"});
  CHECK(words("caf\xC3\xA9 \xE4\xB8\xAD\xE6\x96\x87") ==
        Words{"caf\xC3\xA9", " \xE4\xB8\xAD\xE6\x96\x87"});
}

TEST_CASE("Llama 3's words take one sign before letters, three digits, and line ends") {
  const auto words = [](std::string_view text) {
    return support::words_of(text::kLlama3Pattern, text);
  };
  CHECK(words("(Hello) world") == Words{"(Hello", ")", " world"});
  CHECK(words("we'll we'LL 'VE") == Words{"we", "'ll", " we", "'LL", " '", "VE"});
  CHECK(words("12345678") == Words{"123", "456", "78"});
  CHECK(words(" 12") == Words{" ", "12"});
  CHECK(words("a \n \n  b") == Words{"a", " \n \n", " ", " b"});
  CHECK(words("end.\n\nNew") == Words{"end", ".\n\n", "New"});
  CHECK(words("a\tb") == Words{"a", "\tb"});
  CHECK(words("\r\n\r\n") == Words{"\r\n\r\n"});
  CHECK(words("it'\xC5\xBFo") == Words{"it", "'\xC5\xBF", "o"});
}

TEST_CASE("Qwen 2 cuts every digit off, Falcon runs of punctuation and three digits") {
  CHECK(support::words_of(text::kQwen2Pattern, "(Hi) 123\n\nit's") ==
        Words{"(Hi", ")", " ", "1", "2", "3", "\n\n", "it", "'s"});
  const auto falcon = [](std::string_view text) {
    return support::words_of({std::string(text::kPunctuationRuns), std::string(text::kGpt2Pattern),
                              std::string(text::kByteDigitRuns), std::string(text::kThreeDigits)},
                             text);
  };
  CHECK(falcon("a != 12345.") == Words{"a", " ", "!=", " ", "123", "45", "."});
  // A byte of the letter counts as a digit there.
  CHECK(falcon("\xC3\xB9") == Words{"\xC3", "\xB9"});
}

TEST_CASE("A set of characters is read from its expression, and what is no plain set is refused") {
  CHECK(support::words_of("[a-c]+", "xabcabx") == Words{"x", "abcab", "x"});
  CHECK(support::words_of("[a-c]", "xab") == Words{"x", "a", "b"});
  CHECK(support::words_of("\\s?[a-c\xC3\xA9]+", "x\n\xC3\xA9\x61 x ") ==
        Words{"x", "\n\xC3\xA9\x61", " x "});
  for (const char* other : {"[^a]", "[a-]", "[\\s]", "[[a]]", "[a&&b]", "[b-a]", "[]", "[a", "[a]*",
                            "a+", "\\s?", "[\xFF]", ""})
    CHECK_FALSE(text::is_known_pattern(other));
}

TEST_CASE("Letters and numbers are those of the lists, to the first and last of each range") {
  core::BundleBuilder builder;
  const std::vector<std::int32_t> letters{'b', 'd', 0x900, 0x900, 0x10FFFE, 0x10FFFF};
  const std::vector<std::int32_t> numbers{'0', '0', 0x1000, 0x1002};
  builder.add_setting("tokenizer.letters", std::span<const std::int32_t>(letters));
  builder.add_setting("tokenizer.numbers", std::span<const std::int32_t>(numbers));
  const core::Bundle bundle = builder.build();
  const auto classes = text::CharacterClasses::from(bundle);
  REQUIRE(classes);
  using enum text::CharacterClasses::Class;
  for (const char32_t c : {0x62, 0x63, 0x64, 0x900, 0x10FFFE, 0x10FFFF})
    CHECK((*classes)(c) == letter);
  for (const char32_t c : {0x30, 0x1000, 0x1001, 0x1002}) CHECK((*classes)(c) == number);
  for (const char32_t c : {0x61, 0x65, 0x8FF, 0x901, 0xFFF, 0x1003, 0x10FFFD})
    CHECK((*classes)(c) == other);
  for (const char32_t c : {0x09, 0x20, 0x85, 0xA0, 0x1680, 0x200A, 0x3000})
    CHECK((*classes)(c) == blank);
  for (const char32_t c : {0x08, 0x0E, 0x200B, 0x180E, 0xFEFF}) CHECK((*classes)(c) == other);
}

TEST_CASE("Every text is cut into words without loss") {
  std::string text;
  for (char32_t code = 0; code < 0x30000; code += 7)
    if (code < 0xD800 || code > 0xDFFF) text::append_character(text, code);
  for (const auto pattern : {text::kGpt2Pattern, text::kLlama3Pattern}) {
    std::string joined;
    for (const std::string& word : support::words_of(pattern, text)) {
      joined += word;
    }
    CHECK(joined == text);
  }
}

TEST_CASE("An expression that differs by one sign is not taken for a known one") {
  CHECK(bool(text::find_pattern(text::kGpt2Pattern)));
  CHECK_FALSE(bool(text::find_pattern(std::string(text::kGpt2Pattern) + "+")));
  CHECK_FALSE(bool(text::find_pattern("")));
}
