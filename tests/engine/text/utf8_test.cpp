#include "engine/text/utf8.h"

#include <doctest/doctest.h>

using namespace linnet;
using text::Character;

TEST_CASE("Every character survives being written and read") {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string bytes;
    text::append_character(bytes, code);
    const Character c = text::first_character(bytes + "x");
    if (c.code != code || c.bytes != static_cast<int>(bytes.size()) ||
        c.state != Character::State::whole)
      FAIL(static_cast<unsigned>(code));
  }
}

TEST_CASE("The beginning of a character is cut, not broken") {
  for (const std::string_view whole : {"\xC3\xA9", "\xE2\x96\x81", "\xF0\x9F\x98\x80"})
    for (std::size_t bytes = 1; bytes < whole.size(); ++bytes) {
      const Character c = text::first_character(whole.substr(0, bytes));
      CHECK(c.state == Character::State::cut);
      CHECK(c.bytes == static_cast<int>(bytes));
    }
}

TEST_CASE("Overlong forms, surrogates and codes past the last are not UTF-8") {
  for (const std::string_view text :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\x80"}) {
    CHECK_FALSE(text::is_utf8(text));
    CHECK(text::first_character(text).state == Character::State::broken);
  }
  CHECK(text::is_utf8(std::string_view("\0 z\xF4\x8F\xBF\xBF", 7)));
}

// Unicode 15, table 3-8: the example for maximal subparts, and its neighbours.
TEST_CASE("Each maximal part that is not UTF-8 becomes one replacement") {
  const std::string r(text::kReplacementBytes);
  CHECK(text::repaired("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64") ==
        "a" + r + r + r + "b" + r + "c" + r + r + "d");
  CHECK(text::repaired("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41") ==
        r + r + r + r + r + r + r + r + "A");
  CHECK(text::repaired("\xE2\x96") == r);
  CHECK(text::repaired("h\xC3\xA9") == "h\xC3\xA9");
  CHECK(text::repaired("").empty());
}
