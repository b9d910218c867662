#include "tools/linnet/source_words.h"

#include <doctest/doctest.h>

#include "engine/core/bundle_builder.h"

namespace {

using namespace linnet;
using Words = std::vector<std::string>;

// Token 0 is unknown, the others are `pieces`.
text::Tokenizer tokenizer_of(const char* kind, Words pieces) {
  pieces.insert(pieces.begin(), "<unk>");
  std::vector<std::byte> types(pieces.size(), std::byte{0});
  types[0] = std::byte{1};
  core::BundleBuilder builder;
  builder.add_setting("tokenizer.kind", std::string_view(kind));
  builder.add_setting("tokenizer.tokens", std::span<const std::string>(pieces));
  builder.add_setting("tokenizer.types", std::span<const std::byte>(types));
  builder.add_setting("tokenizer.unknown", 0);
  if (std::string_view(kind) == "sentencepiece-unigram") {
    const std::vector<float> scores(pieces.size(), -1.0f);
    builder.add_setting("tokenizer.scores", std::span<const float>(scores));
    builder.add_setting("tokenizer.prefix", std::string_view("first"));
    builder.add_setting("tokenizer.fuse_unknown", 1);
  }
  auto made = text::Tokenizer::from(builder.build());
  if (!made) FAIL(made.error().sentence);
  return *made;
}

Words words(const text::Tokenizer& tokenizer, const std::string& line) {
  const std::vector<int> tokens = tokenizer.encode(line);
  Words all;
  const bool whole = tools::has_whole_words(tokenizer);
  for (const auto& [text, begins] :
       tools::source_words(tokenizer, whole, line, tokens, 0, tokens.size()))
    all.push_back((begins ? "_" : "") + text);
  return all;
}

TEST_CASE("Unknown words are what stands between blanks") {
  const text::Tokenizer t = tokenizer_of("words", {" the", " bird"});
  CHECK(tools::has_whole_words(t));
  CHECK(words(t, "the Linnet  bird \u00d6") == Words{"_the", "_Linnet", "_bird", "_\u00d6"});
  CHECK(words(t, " x y the") == Words{"_x", "_y", "_the"});
}

TEST_CASE("Unknown characters are one each") {
  const text::Tokenizer t = tokenizer_of("characters", {"a", "b", " "});
  CHECK_FALSE(tools::has_whole_words(t));
  CHECK(words(t, "a\u00f6\u00e9b") == Words{"_a", "\u00f6", "\u00e9", "b"});
  CHECK(words(t, "ax b") == Words{"_a", "x", "_", "_b"});
}

TEST_CASE("An unknown part of a word ends where a known one begins") {
  const text::Tokenizer t =
      tokenizer_of("sentencepiece-unigram", {" ", " bird", "s", "s\u00e9", " in", "n"});
  CHECK(words(t, "bird\u00d6\u00d6s in") == Words{"_bird", "\u00d6\u00d6", "s", "_in"});
  CHECK(words(t, "\u00d6\u00d6 in") == Words{"_", "_\u00d6\u00d6", "_in"});
}

TEST_CASE("What stands around a source has no word") {
  const text::Tokenizer t = tokenizer_of("words", {" the"});
  const std::vector<int> tokens{1, 0, 1, 1};
  const auto all = tools::source_words(t, true, "Linnet the", tokens, 1, 3);
  CHECK(all[0].text == "");
  CHECK(all[1].text == "Linnet");
  CHECK(all[2].text == "the");
  CHECK(all[3].text == "");
}

}  // namespace
