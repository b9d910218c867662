#include "engine/text/pretokenize.h"
#include "tests/engine/text/support.h"

// A way of joining that takes quadratic time would need days for these.

using namespace linnet;
using support::kBare;
using text::TokenType;

namespace {

constexpr std::size_t kMillion = 1'000'000;

// All bytes, and powers of two of 'a' and of ' ' up to 16.
convert::Vocabulary powers(std::string_view kind) {
  const bool byte_level = kind == text::kByteBpe;
  convert::Vocabulary v;
  v.kind = kind;
  v.pattern = text::kLlama3Pattern;
  for (int byte = 0; byte < 256; ++byte) {
    v.tokens.emplace_back(1, static_cast<char>(byte));
    v.types.push_back(byte_level ? TokenType::normal : TokenType::byte);
  }
  v.scores.assign(256, 0.0f);
  for (const char c : {'a', ' '}) {
    int half = static_cast<unsigned char>(c);
    for (std::size_t length = byte_level ? 2 : 1; length <= 16; length *= 2) {
      const int id = v.size();
      v.tokens.emplace_back(length, c);
      v.types.push_back(TokenType::normal);
      v.scores.push_back(-static_cast<float>(length));
      if (byte_level) v.merges.insert(v.merges.end(), {half, half, id});
      half = id;
    }
  }
  if (byte_level) v.scores.clear();
  return v;
}

}  // namespace

TEST_CASE("A word of a million letters is joined in near-linear time") {
  for (const auto kind : {text::kSentencePieceBpe, text::kByteBpe}) {
    const auto tokenizer = support::tokenizer_of(powers(kind));
    const std::string text(kMillion, 'a');
    const auto ids = tokenizer.encode(text, kBare);
    CHECK(ids.size() == kMillion / 16);
    CHECK(tokenizer.decode(ids) == text);
  }
}

TEST_CASE("A million blanks are joined in near-linear time") {
  for (const auto kind : {text::kSentencePieceBpe, text::kByteBpe}) {
    const auto tokenizer = support::tokenizer_of(powers(kind));
    const std::string text(kMillion, ' ');
    const auto ids = tokenizer.encode(text, kBare);
    CHECK(ids.size() == kMillion / 16);
    CHECK(tokenizer.decode(ids) == text);
  }
}

TEST_CASE("A million line ends, signs and alternating blanks are cut in near-linear time") {
  const auto tokenizer = support::tokenizer_of(powers(text::kByteBpe));
  for (const std::string_view part : {"\n", "!", "\n ", " !", "'", "\xE3\x80\x80", "1"}) {
    std::string text;
    while (text.size() < kMillion) text += part;
    const auto ids = tokenizer.encode(text, kBare);
    CHECK(tokenizer.decode(ids) == text);
  }
}

TEST_CASE("A million characters are cut by any known expression in near-linear time") {
  convert::Vocabulary v = powers(text::kByteBpe);
  for (const std::string_view pattern :
       {text::kBlanksAtEnd, text::kBlankLetters, text::kBlankPunctuation, text::kPunctuationRuns,
        text::kThreeDigits, text::kBloomPattern, std::string_view("\\s?[b-y]+")}) {
    v.patterns = {std::string(pattern), std::string(text::kDigits)};
    const auto tokenizer = support::tokenizer_of(v);
    for (const std::string_view part : {"  ", "a", " a", "12", "!", "\xE3\x80\x80"}) {
      std::string text;
      while (text.size() < kMillion) text += part;
      text += 'z';
      CHECK(tokenizer.decode(tokenizer.encode(text, kBare)) == text);
    }
  }
}

TEST_CASE("A million marks behind one letter are composed in near-linear time") {
  convert::Vocabulary v = powers(text::kByteBpe);
  v.composes = true;
  const auto tokenizer = support::tokenizer_of(v);
  std::string text = "e", sorted = "\xE1\xBA\xB9";
  for (std::size_t i = 0; i < kMillion / 4; ++i) text += "\xCC\x81\xCC\xA3";
  for (std::size_t i = 1; i < kMillion / 4; ++i) sorted += "\xCC\xA3";
  for (std::size_t i = 0; i < kMillion / 4; ++i) sorted += "\xCC\x81";
  CHECK(tokenizer.decode(tokenizer.encode(text, kBare)) == sorted);
}

TEST_CASE("A word of a million letters is spelled by word pieces in near-linear time") {
  convert::Vocabulary v = convert::make_wordpiece({"[UNK]", "a", "##a", "##aaaa"});
  v.unknown = convert::mark_as(TokenType::unknown, "[UNK]", v);
  v.longest_word = kMillion;
  const auto tokenizer = support::tokenizer_of(v);
  CHECK(tokenizer.encode(std::string(kMillion, 'a'), kBare).size() == kMillion / 4 + 3);
  CHECK(tokenizer.encode(std::string(kMillion, 'a') + "b", kBare) == std::vector<int>{0});
}
