#include "engine/text/char_map.h"

#include <cstdint>
#include <random>

#include "tests/engine/text/support.h"
#include "tests/support/assets.h"

using namespace linnet;
using text::CharMap;
using text::TokenType;

namespace {

using Units = std::vector<std::uint32_t>;

std::string map_of(const Units& units, std::string_view replacements) {
  std::string bytes;
  const auto put = [&](std::uint32_t unit) {
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(unit >> 8 * i & 0xFF);
  };
  put(static_cast<std::uint32_t>(4 * units.size()));
  for (const std::uint32_t unit : units) put(unit);
  return bytes.append(replacements);
}

constexpr std::uint32_t offset(std::uint32_t by) { return by << 10; }
constexpr std::uint32_t kEnds = 1u << 8, kValue = 1u << 31;

// "a" becomes "xy", "ab" nothing.
constexpr std::uint32_t kA = 256 ^ 'a', kAValue = kA ^ 128;        // the node of "a", its number
constexpr std::uint32_t kAb = kAValue ^ 'b', kAbValue = kAb ^ 64;  // of "ab"
Units small_trie() {
  Units units(512, kValue);
  units[0] = offset(256);
  units[kA] = offset(128) | kEnds | 'a';
  units[kAValue] = kValue | 0;
  units[kAb] = offset(64) | kEnds | 'b';
  units[kAbValue] = kValue | 3;
  return units;
}
const std::string kSmall = map_of(small_trie(), std::string_view("xy\0\0", 4));

// The map points into the bytes, which outlive it.
core::Result<CharMap> open(const std::string& bytes) {
  return CharMap::of(std::as_bytes(std::span(bytes)));
}

core::Result<CharMap> open(std::string&&) = delete;

void refuses(const std::string& bytes, const std::string& sentence) {
  const auto map = open(bytes);
  CAPTURE(sentence);
  REQUIRE_FALSE(map);
  CHECK(map.error().sentence == sentence);
  CHECK(static_cast<int>(map.error().fault) == static_cast<int>(core::Fault::corrupt));
}

}  // namespace

TEST_CASE("The longest string of a character map counts") {
  const auto map = open(kSmall);
  REQUIRE(map);
  CHECK(map->longest("a").bytes == 1);
  CHECK(map->longest("a").replacement == "xy");
  CHECK(map->longest("ac").replacement == "xy");
  CHECK(map->longest("abc").bytes == 2);
  CHECK(map->longest("abc").replacement.empty());
  for (const char* other : {"", "b", "ba", "\xff"}) CHECK(map->longest(other).bytes == 0);
  CHECK(map->longest(std::string_view("\0a", 2)).bytes == 0);
}

TEST_CASE("A character map whose parts do not fit in it is refused") {
  refuses("", "the character map has only 0 bytes");
  refuses("abc", "the character map has only 3 bytes");
  refuses(map_of({}, "a"), "the character map has a trie of 0 bytes in 1");
  refuses(std::string("\x05\0\0\0abcdef", 10), "the character map has a trie of 5 bytes in 6");
  refuses(std::string("\xfc\xff\xff\xff\0", 5),
          "the character map has a trie of 4294967292 bytes in 1");
  refuses(map_of(small_trie(), ""), "the last replacement of the character map has no end");
  refuses(map_of(small_trie(), "xy"), "the last replacement of the character map has no end");
}

TEST_CASE("A replacement outside the replacements is refused with the node that names it") {
  Units units = small_trie();
  units[kAValue] = kValue | 4;
  refuses(map_of(units, std::string_view("xy\0\0", 4)),
          "node 353 of the character map has its replacement at 4, outside of 4 bytes");
}

TEST_CASE("A trie that leads out of itself or in a circle ends the search") {
  Units units = small_trie();
  units[kAb] = (0x1FFFFFu << 10) | 1u << 9 | 'b';  // as far away as can be
  const auto far_bytes = map_of(units, std::string_view("xy\0\0", 4));
  const auto far = open(far_bytes);
  REQUIRE(far);
  CHECK(far->longest("abbbb").bytes == 1);
  Units circle(256);
  for (std::uint32_t node = 0; node < 256; ++node) circle[node] = offset(0) | (node & 0xFF);
  const auto round_bytes = map_of(circle, std::string_view("\0", 1));
  const auto round = open(round_bytes);
  REQUIRE(round);
  CHECK(round->longest(std::string(100'000, 'a')).bytes == 0);
}

TEST_CASE("A replacement that would blow a text up is not made") {
  const auto bytes = map_of(small_trie(), std::string(15, 'x') + "yz" + std::string(2, '\0'));
  const auto map = open(bytes);
  REQUIRE(map);
  CHECK(map->longest("a").bytes == 0);  // 17 bytes for one
  CHECK(map->longest("ab").bytes == 2);
  CHECK(map->longest("ab").replacement.size() == 14);
}

TEST_CASE("A character map that is cut or changed anywhere is refused or stays inside itself") {
  std::mt19937 random(1);
  std::string text;
  for (int byte = 0; byte < 256; ++byte) text += static_cast<char>(byte);
  const auto try_all = [&](const std::string& bytes) {
    const auto map = open(bytes);
    if (!map) return;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const CharMap::Match match = map->longest(std::string_view(text).substr(at));
      CHECK(match.bytes <= text.size() - at);
      CHECK(match.replacement.size() < bytes.size());
    }
    CHECK(map->longest("abab").bytes <= 4);
  };
  for (std::size_t size = 0; size < kSmall.size(); size += 7) try_all(kSmall.substr(0, size));
  for (int i = 0; i < 2000; ++i) {
    std::string changed = kSmall;
    for (int changes = 0; changes < 4; ++changes)
      changed[random() % changed.size()] = static_cast<char>(random());
    try_all(changed);
  }
}

TEST_CASE("What a user defined stays as it is where a character map would change it") {
  convert::Vocabulary v;
  v.kind = text::kSentencePieceUnigram;
  v.char_map = kSmall;
  v.tokens = {"<unk>", "x", "y", "ba"};
  v.types = {TokenType::unknown, TokenType::normal, TokenType::normal, TokenType::user_defined};
  v.scores = {0, -1, -2, 0};
  v.unknown = 0;
  const auto tokenizer = support::tokenizer_of(v);
  CHECK(tokenizer.encode("a") == std::vector{1, 2});
  CHECK(tokenizer.encode("baa") == std::vector{3, 1, 2});
  CHECK(tokenizer.encode("ab").empty());
}

TEST_CASE("A character map of the wrong type is refused by name") {
  core::BundleBuilder builder;
  builder.add_setting("tokenizer.char_map", 1);
  const auto map = CharMap::from(builder.build());
  REQUIRE_FALSE(map);
  CHECK(map.error().sentence == "the setting 'tokenizer.char_map' has the wrong type");
}
