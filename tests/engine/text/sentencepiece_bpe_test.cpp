#include "tests/engine/text/support.h"

using namespace linnet;
using support::kBare;
using text::TokenType;
using Ids = std::vector<int>;

namespace {

// Token 0 is the unknown, then those given, with their scores.
convert::Vocabulary scored(std::vector<std::pair<std::string, float>> tokens) {
  convert::Vocabulary v;
  v.kind = text::kSentencePieceBpe;
  v.tokens = {"<unk>"};
  v.types = {TokenType::unknown};
  v.scores = {0};
  for (const auto& [token, score] : tokens) {
    v.tokens.push_back(token);
    v.types.push_back(TokenType::normal);
    v.scores.push_back(score);
  }
  v.unknown = 0;
  v.fuse_unknown = true;
  return v;
}

Ids encode(const convert::Vocabulary& v, std::string_view text, bool special = false) {
  return support::tokenizer_of(v).encode(
      text, {.parse_special = special, .add_begin = false, .add_end = false});
}

}  // namespace

TEST_CASE("The best pair is joined first, wherever it stands") {
  // ids:                  1          2          3          4            5
  const auto v = scored({{"a", 0}, {"b", 0}, {"c", 0}, {"ab", -2}, {"bc", -1}});
  CHECK(encode(v, "abc") == Ids{1, 5});
  CHECK(encode(v, "ab") == Ids{4});
}

TEST_CASE("Of equally good pairs the leftmost is joined first") {
  const auto v = scored({{"a", 0}, {"aa", -1}});
  CHECK(encode(v, "aaa") == Ids{2, 1});
  const auto w = scored({{"a", 0}, {"b", 0}, {"ab", -1}, {"ba", -1}});
  CHECK(encode(w, "aba") == Ids{3, 1});
  CHECK(encode(w, "bab") == Ids{4, 2});
}

TEST_CASE("A longer token is reached only through joins that exist") {
  const auto v = scored({{"a", 0}, {"b", 0}, {"c", 0}, {"abc", -1}});
  CHECK(encode(v, "abc") == Ids{1, 2, 3});
}

TEST_CASE("A run of unknown characters is one unknown token, or one each") {
  auto v = scored({{"a", 0}});
  CHECK(encode(v, "xyazz") == Ids{0, 1, 0});
  v.fuse_unknown = false;
  CHECK(encode(v, "xyazz") == Ids{0, 0, 1, 0, 0});
}

TEST_CASE("Of two equal tokens the first counts") {
  const auto v = scored({{"a", 0}, {"a", 5}, {"aa", -1}, {"aa", -1}});
  CHECK(encode(v, "aaa") == Ids{3, 1});
}

TEST_CASE("Blanks are collapsed only where the model wants it") {
  auto v = scored({{"a", 0}, {" ", 0}});
  CHECK(encode(v, "  a  a ") == Ids{2, 2, 1, 2, 2, 1, 2});
  v.collapse_blanks = true;
  CHECK(encode(v, "  a  a ") == Ids{1, 2, 1});
  CHECK(encode(v, "   ").empty());
  v.prefix = "every";
  CHECK(encode(v, "  a  a ") == Ids{2, 1, 2, 1});
  CHECK(encode(v, "").empty());
}

TEST_CASE("Added tokens cut the text always, special ones only if asked for") {
  auto v = scored({{"a", 0}, {" ", 0}, {"<", 0}, {"s", 0}, {">", 0}});
  v.tokens.insert(v.tokens.end(), {"<s>", "<tool>", "<tool>s", " "});
  v.types.insert(v.types.end(),
                 {TokenType::control, TokenType::added, TokenType::added, TokenType::unused});
  v.scores.resize(v.tokens.size());
  CHECK(encode(v, "a<s>a") == Ids{1, 3, 4, 5, 1});
  CHECK(encode(v, "a<s>a", true) == Ids{1, 6, 1});
  CHECK(encode(v, "<tool>a<tool>s") == Ids{7, 1, 8});
  SUBCASE("every section gets its blank") {
    v.prefix = "every";
    CHECK(encode(v, "a<s>a<tool>", true) == Ids{2, 1, 6, 2, 1, 7});
  }
  SUBCASE("or the first one") {
    v.prefix = "first";
    CHECK(encode(v, "a<s>a", true) == Ids{2, 1, 6, 1});
    CHECK(encode(v, "<s>a", true) == Ids{6, 1});
  }
  SUBCASE("a token may swallow the blanks beside it") {
    v.strip_left = {6};
    v.strip_right = {7};
    CHECK(encode(v, "a \t\xE3\x80\x80<s> a<tool>  a", true) == Ids{1, 6, 2, 1, 7, 1});
  }
}

TEST_CASE("Begin and end are added as the model does or as asked") {
  auto v = scored({{"a", 0}, {"<s>", 0}, {"</s>", 0}});
  v.types[2] = v.types[3] = TokenType::control;
  v.begin = 2, v.end = 3;
  v.add_begin = true;
  const auto tokenizer = support::tokenizer_of(v);
  CHECK(tokenizer.encode("a") == Ids{2, 1});
  CHECK(tokenizer.encode("") == Ids{2});
  CHECK(tokenizer.encode("a", {.add_begin = false, .add_end = true}) == Ids{1, 3});
}

TEST_CASE("What is not UTF-8 is read as the replacement character") {
  auto v = scored({{"a", 0}, {"\xEF\xBF\xBD", 0}});
  CHECK(encode(v,
               "a\xFF\xE2\x96"
               "a") == Ids{1, 2, 2, 1});
}

TEST_CASE("A copy of a tokenizer outlives the bundle that it was made of") {
  std::optional<text::Tokenizer> copy;
  {
    const auto tokenizer = support::tokenizer_of(scored({{"a", 0}, {"aa", -1}}));
    copy = tokenizer;
  }
  CHECK(copy->encode("aaa", kBare) == Ids{2, 1});
  CHECK(copy->piece(2) == "aa");
}
