#include "engine/text/stream_decoder.h"
#include "tests/engine/text/support.h"

using namespace linnet;
using support::kBare;
using text::TokenType;

namespace {

convert::Vocabulary marks(std::string_view kind) {
  convert::Vocabulary v;
  v.kind = kind;
  v.tokens = {"<unk>", "</s>"};
  v.types = {TokenType::unknown, TokenType::control};
  v.unknown = 0, v.end = 1;
  v.add_end = true;
  return v;
}

convert::Vocabulary with(convert::Vocabulary v, std::initializer_list<const char*> tokens) {
  for (const char* token : tokens) {
    v.tokens.emplace_back(token);
    v.types.push_back(TokenType::normal);
  }
  return v;
}

convert::Vocabulary words() {
  convert::Vocabulary v = with(marks(text::kWords), {" the", " cat", " sat"});
  v.strip_first = true;
  return v;
}

std::string streamed(const text::Tokenizer& tokenizer, const std::vector<int>& ids) {
  text::StreamDecoder decoder(tokenizer);
  std::string text;
  for (const int id : ids) text += decoder.feed(id);
  return text += decoder.flush();
}

}  // namespace

TEST_CASE("Words are what stands between blanks of any kind") {
  const auto tokenizer = support::tokenizer_of(words());
  CHECK(tokenizer.encode("the cat sat") == std::vector{2, 3, 4, 1});
  CHECK(tokenizer.encode("\t the\n\u00a0cat \u3000sat ", kBare) == std::vector{2, 3, 4});
  CHECK(tokenizer.encode("the dog, cat", kBare) == std::vector{2, 0, 3});
  CHECK(tokenizer.encode("thecat", kBare) == std::vector{0});
  CHECK(tokenizer.encode("", kBare).empty());
  CHECK(tokenizer.encode(" \n ", kBare).empty());
}

TEST_CASE("Words are joined by one blank, all at once and one by one") {
  const auto tokenizer = support::tokenizer_of(words());
  CHECK(tokenizer.decode(std::vector{2, 3, 4, 1}) == "the cat sat");
  CHECK(streamed(tokenizer, {2, 3, 4, 1}) == "the cat sat");
  CHECK(tokenizer.decode(std::vector{3}, {.special = false, .at_start = false}) == " cat");
  CHECK(tokenizer.decode(std::vector{1, 2, 0, 3}) == "the cat");
}

TEST_CASE("A mark in the text is a word unless special tokens are parsed") {
  const auto tokenizer = support::tokenizer_of(words());
  CHECK(tokenizer.encode("the </s> cat", kBare) == std::vector{2, 0, 3});
  text::EncodeOptions special = kBare;
  special.parse_special = true;
  CHECK(tokenizer.encode("the </s> cat", special) == std::vector{2, 1, 3});
}

TEST_CASE("Without an unknown token, unknown words and characters are left out") {
  for (const auto kind : {text::kWords, text::kCharacters}) {
    convert::Vocabulary v = with({}, {" a", "a"});
    v.kind = kind;
    if (kind == text::kWords) v.types[1] = TokenType::control;
    const auto tokenizer = support::tokenizer_of(v);
    const int a = kind == text::kWords ? 0 : 1;
    CHECK(tokenizer.encode("a b a") == std::vector{a, a});
  }
}

TEST_CASE("Every character of a text is a token, blanks only where the model has one") {
  convert::Vocabulary v = with(marks(text::kCharacters), {"a", "é", "🚀", "ab"});
  SUBCASE("without a blank") {
    const auto tokenizer = support::tokenizer_of(v);
    CHECK(tokenizer.encode("a é\tb🚀\n") == std::vector{2, 3, 0, 4, 1});
    CHECK(tokenizer.encode("ab", kBare) == std::vector{2, 0});
    CHECK(tokenizer.decode(std::vector{2, 3, 4, 5, 1}) == "aé🚀ab");
    CHECK(streamed(tokenizer, {2, 3, 4, 1}) == "aé🚀");
  }
  SUBCASE("with a blank") {
    v = with(v, {" "});
    const auto tokenizer = support::tokenizer_of(v);
    CHECK(tokenizer.encode(" a\té ", kBare) == std::vector{6, 2, 6, 3, 6});
    CHECK(tokenizer.decode(std::vector{6, 2, 6, 3}) == " a é");
  }
}

TEST_CASE("A word without the blank before it is refused by number") {
  core::BundleBuilder builder;
  convert::add_settings(with(words(), {"dog"}), builder);
  const auto tokenizer = text::Tokenizer::from(builder.build());
  REQUIRE_FALSE(tokenizer);
  CHECK(tokenizer.error().sentence ==
        "token 5 of the tokenizer is a word but does not begin with a blank");
}

TEST_CASE("A source's own tokenizer is another one beside that of the target") {
  core::BundleBuilder builder;
  convert::add_settings(with(marks(text::kCharacters), {"a"}), builder);
  const core::Bundle shared = builder.build();
  const auto none = text::Tokenizer::from_source(shared);
  REQUIRE(none);
  CHECK_FALSE(none->has_value());

  convert::add_settings(words(), builder, convert::kSourceTokenizer);
  const core::Bundle both = builder.build();
  const auto source = text::Tokenizer::from_source(both);
  REQUIRE(source);
  REQUIRE(source->has_value());
  CHECK((*source)->encode("cat") == std::vector{3, 1});
  const auto target = text::Tokenizer::from(both);
  REQUIRE(target);
  CHECK(target->encode("a") == std::vector{2, 1});
}

TEST_CASE("What is wrong with a source's tokenizer is said of it") {
  core::BundleBuilder builder;
  convert::Vocabulary v = words();
  v.end = 9;
  convert::add_settings(v, builder, convert::kSourceTokenizer);
  const auto source = text::Tokenizer::from_source(builder.build());
  REQUIRE_FALSE(source);
  CHECK(source.error().sentence ==
        "the source tokenizer: the setting 'tokenizer.end' is 9, outside the vocabulary of 5 "
        "tokens");
}
