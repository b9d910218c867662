#include "engine/text/composer.h"

#include <doctest/doctest.h>

#include "engine/core/bundle_builder.h"
#include "tools/convert/vocabulary/character_tables.h"

using namespace linnet;

namespace {

using Numbers = std::vector<std::int32_t>;

core::Bundle settings(const Numbers& pairs, const Numbers& combining) {
  const convert::Changes parts = convert::canonical_parts();
  core::BundleBuilder builder;
  builder.add_setting("tokenizer.pairs", std::span<const std::int32_t>(pairs));
  builder.add_setting("tokenizer.combining", std::span<const std::int32_t>(combining));
  builder.add_setting("tokenizer.changed", std::span<const std::int32_t>(parts.changed));
  builder.add_setting("tokenizer.changes", std::span<const std::string>(parts.changes));
  return builder.build();
}

std::string composed(std::string_view text) {
  static const core::Bundle bundle =
      settings(convert::canonical_pairs(), convert::combining_runs());
  const auto composer = text::Composer::from(bundle);
  REQUIRE(composer);
  return (*composer)(text);
}

}  // namespace

// Expected: unicodedata.normalize("NFC", text) of Python.
TEST_CASE("Letters and their marks become one character where there is one") {
  CHECK(composed("plain caf\xC3\xA9") == "plain caf\xC3\xA9");
  CHECK(composed("cafe\xCC\x81 e") == "caf\xC3\xA9 e");
  // Two marks in either order; the lower one comes first.
  CHECK(composed("s\xCC\x87\xCC\xA3") == "\xE1\xB9\xA9");
  CHECK(composed("s\xCC\xA3\xCC\x87") == "\xE1\xB9\xA9");
  CHECK(composed("q\xCC\x87\xCC\xA3") == "q\xCC\xA3\xCC\x87");
  // A mark of the same order hides the next from the letter; another kind does not.
  CHECK(composed("a\xCC\x80\xCC\x81") == "\xC3\xA0\xCC\x81");
  CHECK(composed("a\xCC\x95\xCC\x81") == "\xC3\xA1\xCC\x95");
  CHECK(composed("a\xCC\xA1\xCC\x81") == "\xC3\xA1\xCC\xA1");
  // A mark without a letter before it.
  CHECK(composed("\xCC\x81") == "\xCC\x81");
  CHECK(composed(" \xCC\x81") == " \xCC\x81");
}

TEST_CASE(
    "Characters that another stands for, and those that are never composed, are taken apart") {
  CHECK(composed("\xE2\x84\xAB\xE2\x84\xA6\xE2\x84\xAA") == "\xC3\x85\xCE\xA9K");
  CHECK(composed("\xE0\xA5\x98") == "\xE0\xA4\x95\xE0\xA4\xBC");
  CHECK(composed("\xEF\xA4\x80") == "\xE8\xB1\x88");
  CHECK(composed("\xCD\x84") == "\xCC\x88\xCC\x81");
}

TEST_CASE("Letters of Hangul become syllables") {
  CHECK(composed("\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8") == "\xEA\xB0\x81");
  CHECK(composed("\xEA\xB0\x80\xE1\x86\xA8") == "\xEA\xB0\x81");
  CHECK(composed("\xEA\xB0\x81\xE1\x86\xA8") == "\xEA\xB0\x81\xE1\x86\xA8");
  CHECK(composed("\xED\x95\x9C\xEA\xB5\xAD\xEC\x96\xB4") == "\xED\x95\x9C\xEA\xB5\xAD\xEC\x96\xB4");
}

TEST_CASE("Without pairs every text stays, and tables that are none are refused") {
  const auto none = text::Composer::from(core::Bundle{});
  REQUIRE(none);
  CHECK((*none)("e\xCC\x81") == "e\xCC\x81");
  const auto refused = [](const Numbers& pairs, const Numbers& combining) {
    const auto composer = text::Composer::from(settings(pairs, combining));
    REQUIRE_FALSE(composer);
    return composer.error().sentence;
  };
  const std::string pairs = "the setting 'tokenizer.pairs' is not a list of pairs";
  for (const Numbers& wrong : {Numbers{1, 2}, Numbers{1, 2, 3, 1, 2, 4}, Numbers{1, 2, 0xD800},
                               Numbers{-1, 2, 3}, Numbers{1, 2, 0x110000}})
    CHECK(refused(wrong, {}) == pairs);
  const std::string marks = "the setting 'tokenizer.combining' is not a list of marks";
  for (const Numbers& wrong : {Numbers{0x300, 0x301}, Numbers{0x20, 0x21, 1},
                               Numbers{0x301, 0x300, 1}, Numbers{0x300, 0x301, 0}})
    CHECK(refused({1, 2, 3}, wrong) == marks);
}
