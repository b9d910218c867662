#include "engine/text/stream_decoder.h"

#include "engine/text/utf8.h"
#include "tests/engine/text/support.h"

using namespace linnet;
using text::StreamDecoder;
using text::TokenType;

namespace {

constexpr int kUnknown = 0, kBegin = 1, kEnd = 2, kFirstByte = 3;
constexpr int kThe = kFirstByte + 256, kBlank = kThe + 1, kTwoBlanks = kThe + 2, kX = kThe + 3;

convert::Vocabulary bytes_and_words() {
  convert::Vocabulary v;
  v.kind = text::kSentencePieceBpe;
  v.tokens = {"<unk>", "<s>", "</s>"};
  v.types = {TokenType::unknown, TokenType::control, TokenType::control};
  for (int byte = 0; byte < 256; ++byte) {
    v.tokens.emplace_back(1, static_cast<char>(byte));
    v.types.push_back(TokenType::byte);
  }
  for (const char* token : {" the", " ", "  ", "x"}) {
    v.tokens.emplace_back(token);
    v.types.push_back(TokenType::normal);
  }
  v.scores.assign(v.tokens.size(), 0.0f);
  v.unknown = kUnknown, v.begin = kBegin, v.end = kEnd;
  v.prefix = "every";
  v.strip_first = true;
  return v;
}

int byte(unsigned char value) { return kFirstByte + value; }

}  // namespace

TEST_CASE("A character comes out with its last byte and not before") {
  StreamDecoder decoder(support::tokenizer_of(bytes_and_words()));
  CHECK(decoder.feed(byte(0xF0)).empty());
  CHECK(decoder.feed(byte(0x9F)).empty());
  CHECK(decoder.feed(byte(0x98)).empty());
  CHECK(decoder.feed(byte(0x80)) == "\xF0\x9F\x98\x80");
  CHECK(decoder.flush().empty());
}

TEST_CASE("A character that is never completed becomes one replacement") {
  StreamDecoder decoder(support::tokenizer_of(bytes_and_words()));
  CHECK(decoder.feed(byte(0xE2)).empty());
  CHECK(decoder.feed(byte(0x96)).empty());
  SUBCASE("at the end") {
    CHECK(decoder.flush() == text::kReplacementBytes);
    CHECK(decoder.flush().empty());
  }
  SUBCASE("when something else follows") {
    CHECK(decoder.feed(kX) == std::string(text::kReplacementBytes) + "x");
  }
}

TEST_CASE("Only the blank that begins a text is dropped, and only one") {
  const auto tokenizer = support::tokenizer_of(bytes_and_words());
  StreamDecoder decoder(tokenizer);
  CHECK(decoder.feed(kBegin).empty());
  CHECK(decoder.feed(kThe) == "the");
  CHECK(decoder.feed(kThe) == " the");
  CHECK(tokenizer.decode(std::vector{kTwoBlanks, kX}) == " x");
  CHECK(tokenizer.decode(std::vector{kBlank, kBlank, kX}) == " x");
  CHECK(tokenizer.decode(std::vector{kX, kThe}) == "x the");
}

TEST_CASE("A text that goes on keeps its first blank") {
  const auto tokenizer = support::tokenizer_of(bytes_and_words());
  StreamDecoder decoder(tokenizer, {.at_start = false});
  CHECK(decoder.feed(kThe) == " the");
  CHECK(tokenizer.decode(std::vector{kThe}, {.at_start = false}) == " the");
}

TEST_CASE("Special tokens are written only if asked for") {
  const auto tokenizer = support::tokenizer_of(bytes_and_words());
  const std::vector<int> ids{kBegin, kX, kUnknown, kEnd};
  CHECK(tokenizer.decode(ids) == "x");
  CHECK(tokenizer.decode(ids, {.special = true}) == "<s>x<unk></s>");
  StreamDecoder decoder(tokenizer, {.special = true});
  CHECK(decoder.feed(kBegin) == "<s>");
  CHECK(decoder.feed(kThe) == "the");
}

TEST_CASE("Ids outside the vocabulary decode to nothing") {
  const auto tokenizer = support::tokenizer_of(bytes_and_words());
  StreamDecoder decoder(tokenizer);
  for (const int id : {-1, tokenizer.size(), 1 << 30}) {
    CHECK(decoder.feed(id).empty());
    CHECK(tokenizer.piece(id).empty());
    CHECK_FALSE(tokenizer.is_special(id));
  }
}

TEST_CASE("The stream gives the text of the whole, cut anywhere") {
  const auto tokenizer = support::tokenizer_of(bytes_and_words());
  const std::string text = "x\xC3\xA9 \xF0\x9F\x98\x80 the the\n\xE4\xB8\xAD";
  const auto ids = tokenizer.encode(text);
  StreamDecoder decoder(tokenizer);
  std::string streamed;
  for (const int id : ids) {
    const auto part = decoder.feed(id);
    CHECK(text::is_utf8(part));
    streamed += part;
  }
  CHECK(streamed == text);
  CHECK(tokenizer.decode(ids) == text);
}
