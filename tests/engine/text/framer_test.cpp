#include "engine/text/framer.h"

#include "tests/engine/text/support.h"
#include "tests/support/assets.h"
#include "tests/support/scratch.h"

using namespace linnet;
using text::Framed;
using text::TokenType;

namespace {

using Ids = std::vector<int>;

// Letters of their own numbers from 5 on: a, b, ...
convert::Vocabulary letters() {
  std::vector<std::string> tokens{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
  for (char c = 'a'; c <= 'z'; ++c) tokens.emplace_back(1, c);
  convert::Vocabulary v = convert::make_wordpiece(tokens);
  v.unknown = convert::mark_as(TokenType::unknown, "[UNK]", v);
  v.begin = convert::mark_as(TokenType::control, "[CLS]", v);
  v.end = convert::mark_as(TokenType::control, "[SEP]", v);
  convert::mark_as(TokenType::control, "[MASK]", v);
  v.add_begin = v.add_end = true;
  v.single = {{2, -1, 3}, {0, 0, 0}};
  v.pair = {{2, -1, 3, -2, 3}, {0, 0, 0, 1, 1}};
  return v;
}

core::Result<text::Framer> framer_of(const convert::Vocabulary& v) {
  core::BundleBuilder builder;
  convert::add_settings(v, builder);
  const core::Bundle bundle = builder.build();
  const auto tokenizer = text::Tokenizer::from(bundle);
  if (!tokenizer) FAIL(tokenizer.error().sentence);
  return text::Framer::from(bundle, *tokenizer);
}

// "first|second" of the letters that are left.
std::string left(const text::Framer& framer, std::string_view first, std::string_view second,
                 int most) {
  const auto framed = framer.frame(first, second, {.most = most});
  REQUIRE(framed);
  CHECK(framed->ids.size() <= static_cast<std::size_t>(most));
  CHECK(framed->types.size() == framed->ids.size());
  const auto letters_of = [&](text::Framed::Part part) {
    std::string text;
    for (int i = part.begin; i < part.end; ++i)
      text += static_cast<char>('a' + framed->ids[static_cast<std::size_t>(i)] - 5);
    return text;
  };
  return letters_of(framed->first) + "|" + letters_of(framed->second);
}

}  // namespace

TEST_CASE("One text and two stand between their marks, with the types of their tokens") {
  const auto framer = framer_of(letters());
  REQUIRE(framer);
  CHECK(framer->reads_pairs());
  const auto one = framer->frame("a b");
  REQUIRE(one);
  CHECK(one->ids == Ids{2, 5, 6, 3});
  CHECK(one->types == Ids{0, 0, 0, 0});
  CHECK(one->first.begin == 1);
  CHECK(one->first.end == 3);
  const auto two = framer->frame("a b", "c");
  REQUIRE(two);
  CHECK(two->ids == Ids{2, 5, 6, 3, 7, 3});
  CHECK(two->types == Ids{0, 0, 0, 0, 1, 1});
  CHECK(two->second.begin == 4);
  CHECK(two->second.end == 5);
  const auto none = framer->frame("", "");
  REQUIRE(none);
  CHECK(none->ids == Ids{2, 3, 3});
  const auto marked = framer->frame("a [MASK]", {.parse_special = true, .most = {}});
  REQUIRE(marked);
  CHECK(marked->ids == Ids{2, 5, 4, 3});
}

// As the library `tokenizers` does with enable_truncation(most, strategy="longest_first").
TEST_CASE("Of two texts the longer one is cut first, then both") {
  const auto framer = framer_of(letters());
  REQUIRE(framer);
  CHECK(left(*framer, "a b c d e", "p q", 10) == "abcde|pq");
  CHECK(left(*framer, "a b c d e", "p q", 9) == "abcd|pq");
  CHECK(left(*framer, "a b c d e", "p q", 7) == "ab|pq");
  CHECK(left(*framer, "p q", "a b c d e", 8) == "pq|abc");
  CHECK(left(*framer, "a b c d", "p q r s", 8) == "ab|pqr");
  CHECK(left(*framer, "a b c d e", "p q r s", 8) == "abc|pq");
  CHECK(left(*framer, "a b c", "p q r s t u v", 5) == "a|p");
  CHECK(left(*framer, "a b c", "p q", 4) == "a|");
  CHECK(left(*framer, "a", "b", 3) == "|");
}

TEST_CASE("One text is cut at its end, and marks that do not fit are refused") {
  const auto framer = framer_of(letters());
  REQUIRE(framer);
  const auto cut = framer->frame("a b c", {.most = 4});
  REQUIRE(cut);
  CHECK(cut->ids == Ids{2, 5, 6, 3});
  const auto refused = framer->frame("a", {.most = 1});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().sentence ==
        "the marks around the text take 2 tokens, more than the limit of 1");
}

TEST_CASE("A model that does not say reads one text as its tokenizer does, and no pairs") {
  convert::Vocabulary v = letters();
  v.single = v.pair = {};
  const auto framer = framer_of(v);
  REQUIRE(framer);
  CHECK_FALSE(framer->reads_pairs());
  const auto one = framer->frame("a");
  REQUIRE(one);
  CHECK(one->ids == Ids{2, 5, 3});
  const auto two = framer->frame("a", "b");
  REQUIRE_FALSE(two);
  CHECK(two.error().sentence == "the model reads no pairs of texts");
}

TEST_CASE("Forms that cannot be are refused by name") {
  const auto refused = [](const convert::Form& single, const convert::Form& pair) {
    convert::Vocabulary v = letters();
    v.single = single;
    v.pair = pair;
    const auto framer = framer_of(v);
    REQUIRE_FALSE(framer);
    return framer.error().sentence;
  };
  CHECK(refused({{2, -1}, {0}}, {}) == "the setting 'tokenizer.single' has 2 tokens but 1 types");
  CHECK(refused({{2, -1, 99}, {0, 0, 0}}, {}) ==
        "the setting 'tokenizer.single' names 99, outside the vocabulary of 31 tokens");
  CHECK(refused({{2, -1, -1}, {0, 0, 0}}, {}) ==
        "the setting 'tokenizer.single' does not have each text once");
  CHECK(refused({{2, -1, -2}, {0, 0, 0}}, {}) ==
        "the setting 'tokenizer.single' does not have each text once");
  CHECK(refused({}, {{-1, 3}, {0, 1}}) ==
        "the setting 'tokenizer.pair' does not have each text once");
  CHECK(refused({}, {{-1, -2}, {0, 2000}}) ==
        "the setting 'tokenizer.pair_types' has the type 2000");
}

TEST_CASE("RoBERTa's pairs have two marks between the texts and no types") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto files = *assets / "tokenizers/onnxruntime-ext";
  const support::Scratch scratch;
  const auto copy = [&](const char* from, const char* to) {
    scratch.write(to, support::whole_file(files / from));
  };
  SUBCASE("tokenizer.json") { copy("roberta-base_tokenizer.json", "tokenizer.json"); }
  SUBCASE("two files") {
    copy("roberta-base_vocab.json", "vocab.json");
    copy("roberta-base_merges.txt", "merges.txt");
    scratch.write("config.json", R"({"model_type": "roberta", "eos_token_id": 2})");
  }
  const auto vocabulary = convert::read_vocabulary(scratch.path(""));
  REQUIRE(vocabulary);
  const auto framer = framer_of(*vocabulary);
  REQUIRE(framer);
  const auto two = framer->frame("Hello", "world");
  REQUIRE(two);
  CHECK(two->ids == Ids{0, 31414, 2, 2, 8331, 2});
  CHECK(two->types == Ids(6, 0));
}
