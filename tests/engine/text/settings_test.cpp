#include <functional>
#include <limits>

#include "engine/text/pretokenize.h"
#include "tests/engine/text/support.h"

using namespace linnet;
using core::Fault;
using text::TokenType;

namespace {

// Tokens 0 to 2 are marks, 3 to 258 the bytes, then " ", "a", "aa".
convert::Vocabulary good(std::string_view kind) {
  convert::Vocabulary v;
  v.kind = kind;
  v.pattern = text::kGpt2Pattern;
  v.tokens = {"<unk>", "<s>", "</s>"};
  v.types = {TokenType::unknown, TokenType::control, TokenType::control};
  for (int byte = 0; byte < 256; ++byte) {
    v.tokens.emplace_back(1, static_cast<char>(byte));
    v.types.push_back(kind == text::kByteBpe ? TokenType::normal : TokenType::byte);
  }
  for (const char* token : {" ", "a", "aa"}) {
    v.tokens.emplace_back(token);
    v.types.push_back(TokenType::normal);
  }
  if (kind == text::kByteBpe)
    v.merges = {100, 100, 261};
  else
    v.scores.assign(v.tokens.size(), -1.0f);
  v.begin = 1, v.end = 2;
  return v;
}
const auto kScored = text::kSentencePieceBpe;
const auto kBytes = text::kByteBpe;

using Change = std::function<void(convert::Vocabulary&)>;

void refuses(std::string_view kind, Fault fault, const std::string& sentence,
             const Change& change) {
  convert::Vocabulary v = good(kind);
  change(v);
  core::BundleBuilder builder;
  convert::add_settings(v, builder);
  const auto tokenizer = text::Tokenizer::from(builder.build());
  CAPTURE(sentence);
  REQUIRE_FALSE(tokenizer);
  CHECK(tokenizer.error().sentence == sentence);
  CHECK(static_cast<int>(tokenizer.error().fault) == static_cast<int>(fault));
}

// The good settings with one in another form.
core::Result<text::Tokenizer> with(std::string_view kind, std::string_view name,
                                   const std::function<void(core::BundleBuilder&)>& replacement) {
  core::BundleBuilder all, builder;
  convert::add_settings(good(kind), all);
  const core::Bundle bundle = all.build();
  for (const core::Setting& setting : bundle.settings)
    if (setting.name != name) builder.copy_setting(setting.name, setting.value);
  replacement(builder);
  return text::Tokenizer::from(builder.build());
}

}  // namespace

TEST_CASE("The vocabularies that these tests spoil are good before") {
  for (const auto kind : {kScored, kBytes}) {
    const auto tokenizer = support::tokenizer_of(good(kind));
    CHECK(tokenizer.encode("aa", support::kBare) == std::vector{261});
    CHECK(tokenizer.is_end(2));
    CHECK_FALSE(tokenizer.is_end(1));
  }
}

// Real vocabularies hold such: a blank written as U+2581 and as ' ' is one token to us.
TEST_CASE("Of equal tokens the first is what a text becomes, and all of them decode") {
  for (const auto kind : {kScored, kBytes}) {
    convert::Vocabulary v = good(kind);
    for (const char* token : {"b", "b", "aa"}) {
      v.tokens.emplace_back(token);
      v.types.push_back(TokenType::normal);
      if (kind == kScored) v.scores.push_back(9);
    }
    const auto tokenizer = support::tokenizer_of(v);
    CHECK(tokenizer.encode("baa", support::kBare) ==
          std::vector{kind == kBytes ? 3 + 'b' : 262, 261});
    CHECK(tokenizer.decode(std::vector{263, 264}) == "baa");
  }
}

TEST_CASE("More merges than the published limit are refused") {
  refuses(kBytes, Fault::corrupt, "the tokenizer has 2097153 merges; at most 2097152 are allowed",
          [](auto& v) { v.merges.resize(3 * ((1 << 21) + 1)); });
}

TEST_CASE("A vocabulary that contradicts itself is refused with the token that is wrong") {
  refuses(kScored, Fault::corrupt, "the tokenizer has no tokens",
          [](auto& v) { v.tokens.clear(), v.types.clear(), v.scores.clear(); });
  refuses(kScored, Fault::corrupt, "the tokenizer has 262 tokens but 261 token types",
          [](auto& v) { v.types.pop_back(); });
  refuses(kScored, Fault::corrupt, "token 260 of the tokenizer is empty",
          [](auto& v) { v.tokens[260].clear(); });
  refuses(kScored, Fault::corrupt,
          "token 261 of the tokenizer is 1025 bytes long; at most 1024 are allowed",
          [](auto& v) { v.tokens[261].assign(1025, 'a'); });
  refuses(kScored, Fault::corrupt, "token 261 of the tokenizer has the unknown type 7",
          [](auto& v) { v.types[261] = static_cast<TokenType>(7); });
  refuses(kScored, Fault::corrupt,
          "token 3 of the tokenizer should be one byte but is 6 bytes long",
          [](auto& v) { v.tokens[3] = "<0xGG>"; });
  refuses(kScored, Fault::corrupt, "tokens 3 and 4 of the tokenizer are the same byte",
          [](auto& v) { v.tokens[4] = v.tokens[3]; });
  refuses(kScored, Fault::corrupt,
          "the tokenizer has neither a token for every byte nor one for the unknown",
          [](auto& v) { v.types[100] = TokenType::normal; });
  refuses(kBytes, Fault::corrupt,
          "the tokenizer has neither a token for the byte 97 nor one for the unknown",
          [](auto& v) { v.types[100] = v.types[260] = TokenType::unused; });
}

TEST_CASE("More tokens than the published limit are refused") {
  refuses(kScored, Fault::corrupt, "the tokenizer has 1048577 tokens; at most 1048576 are allowed",
          [](auto& v) {
            v.tokens.resize((1 << 20) + 1, "x");
            v.types.resize(v.tokens.size());
            v.scores.resize(v.tokens.size());
          });
}

TEST_CASE("Special ids outside the vocabulary are refused by name") {
  const std::string outside = ", outside the vocabulary of 262 tokens";
  refuses(kScored, Fault::corrupt, "the setting 'tokenizer.begin' is 262" + outside,
          [](auto& v) { v.begin = 262; });
  refuses(kScored, Fault::corrupt, "the setting 'tokenizer.pad' is 1000000" + outside,
          [](auto& v) { v.pad = 1'000'000; });
  refuses(kScored, Fault::corrupt, "the setting 'tokenizer.ends' names -1" + outside, [](auto& v) {
    v.ends = {2, -1};
  });
  refuses(kScored, Fault::corrupt, "the setting 'tokenizer.strip_left' names 262" + outside,
          [](auto& v) { v.strip_left = {262}; });
  refuses(kScored, Fault::corrupt, "the tokenizer adds a begin token but has none",
          [](auto& v) { v.begin = -1, v.add_begin = true; });
  refuses(kScored, Fault::corrupt, "the tokenizer adds an end token but has none",
          [](auto& v) { v.end = -1, v.add_end = true; });
}

TEST_CASE("Scores that are no numbers or too few are refused") {
  const float bad[] = {std::numeric_limits<float>::quiet_NaN(),
                       std::numeric_limits<float>::infinity(),
                       -std::numeric_limits<float>::infinity()};
  for (const float score : bad)
    refuses(kScored, Fault::corrupt, "the score of token 260 is not a finite number",
            [=](auto& v) { v.scores[260] = score; });
  refuses(kScored, Fault::corrupt, "the tokenizer has 262 tokens but 3 scores",
          [](auto& v) { v.scores.resize(3); });
}

TEST_CASE("Merges that name other tokens than they spell are refused") {
  refuses(kBytes, Fault::corrupt,
          "the setting 'tokenizer.merges' has 2 numbers, not three for each merge", [](auto& v) {
            v.merges = {100, 100};
          });
  refuses(kBytes, Fault::corrupt,
          "merge 1 of the tokenizer names token 262, outside the vocabulary of 262", [](auto& v) {
            v.merges.insert(v.merges.end(), {100, 262, 261});
          });
  refuses(kBytes, Fault::corrupt,
          "merge 0 of the tokenizer names token -5, outside the vocabulary of 262", [](auto& v) {
            v.merges = {-5, 100, 261};
          });
  refuses(kBytes, Fault::corrupt,
          "merge 0 of the tokenizer joins tokens 100 and 101 to token 261, which is not what they "
          "spell",
          [](auto& v) {
            v.merges = {100, 101, 261};
          });
  refuses(kBytes, Fault::corrupt,
          "merge 0 of the tokenizer joins tokens 100 and 262 to token 100, which is not what they "
          "spell",
          [](auto& v) {
            v.tokens.emplace_back();
            v.types.push_back(TokenType::unused);
            v.merges = {100, 262, 100};
          });
}

TEST_CASE("What this build cannot do is refused as unsupported") {
  refuses("unigram", Fault::unsupported,
          "the tokenizer is of the kind 'unigram', which this build lacks", [](auto&) {});
  refuses(kBytes, Fault::unsupported, "the tokenizer cuts words by '\\w+', which this build cannot",
          [](auto& v) { v.pattern = "\\w+"; });
  refuses(kScored, Fault::unsupported,
          "the setting 'tokenizer.prefix' is 'last', which this build lacks",
          [](auto& v) { v.prefix = "last"; });
}

TEST_CASE("Classes of characters that are no rising ranges are refused") {
  using Ranges = std::vector<std::int32_t>;
  for (const Ranges& ranges : {Ranges{}, Ranges{1}, Ranges{5, 4}, Ranges{1, 5, 5, 6}, Ranges{-1, 4},
                               Ranges{1, 0x110000}, Ranges{9, 9, 3, 3}}) {
    const auto tokenizer = with(kBytes, "tokenizer.letters", [&](core::BundleBuilder& builder) {
      builder.add_setting("tokenizer.letters", std::span<const std::int32_t>(ranges));
    });
    REQUIRE_FALSE(tokenizer);
    CHECK(tokenizer.error().sentence.starts_with("the setting 'tokenizer.letters' "));
  }
}

TEST_CASE("A setting of another type is refused by name") {
  for (const char* name :
       {"tokenizer.kind", "tokenizer.tokens", "tokenizer.types", "tokenizer.begin",
        "tokenizer.ends", "tokenizer.merges", "tokenizer.pattern", "tokenizer.letters",
        "tokenizer.numbers", "tokenizer.prefix", "tokenizer.whole_words", "tokenizer.add_begin"}) {
    const auto tokenizer =
        with(kBytes, name, [&](core::BundleBuilder& builder) { builder.add_setting(name, 0.5); });
    REQUIRE_FALSE(tokenizer);
    CHECK(tokenizer.error().sentence ==
          "the setting '" + std::string(name) + "' has the wrong type");
  }
  const auto flag = with(kScored, "tokenizer.collapse_blanks", [](core::BundleBuilder& builder) {
    builder.add_setting("tokenizer.collapse_blanks", 2);
  });
  REQUIRE_FALSE(flag);
  CHECK(flag.error().sentence == "the setting 'tokenizer.collapse_blanks' is 2, not 0 or 1");
}

TEST_CASE("Without any settings there is no tokenizer but a sentence") {
  const auto tokenizer = text::Tokenizer::from(core::Bundle{});
  REQUIRE_FALSE(tokenizer);
  CHECK(tokenizer.error().sentence == "the tokenizer has no tokens");
}
