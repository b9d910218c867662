#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "engine/text/pretokenize.h"
#include "engine/text/stream_decoder.h"
#include "engine/text/tokenizer.h"
#include "engine/text/utf8.h"
#include "engine/text/vocabulary.h"
#include "tools/convert/vocabulary/vocabulary.h"

// Any bytes as the tables of a tokenizer and a text: the tables are refused, or the text survives
// being encoded and decoded.

namespace {

using namespace linnet;

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}
  int byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<unsigned char>(rest_[0]);
    rest_.remove_prefix(1);
    return value;
  }
  // Mostly a small number of either sign, sometimes any.
  std::int32_t number() {
    const int low = byte();
    if (low < 0xF0) return low * 2 + (byte() & 1) - 2;
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(low) << 24 |
                                     static_cast<std::uint32_t>(byte()) << 16);
  }
  std::string text(std::size_t size) {
    const std::string taken(rest_.substr(0, size));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::vector<std::int32_t> numbers(Bytes& from) {
  std::vector<std::int32_t> list(static_cast<std::size_t>(from.byte() % 8));
  for (std::int32_t& number : list) number = from.number();
  return list;
}

std::string char_map(Bytes& from) {
  const int trie = from.byte() % 64, replacements = from.byte() % 16;
  std::string map = std::string(1, static_cast<char>(4 * trie)) + std::string(3, '\0');
  map += from.text(static_cast<std::size_t>(4 * trie + replacements));
  map += '\0';
  return map;
}

// Character maps, lost tokens and capitals as marks; a blank before what has to be a word.
void add_late(Bytes& from, int kind, convert::Vocabulary& v) {
  if ((kind & 8) != 0) v.char_map = char_map(from);
  if ((kind & 32) != 0) {
    const int how = from.byte();
    v.suffix = (how & 1) != 0;
    v.capital_marks = (how & 2) != 0;
    if ((how & 4) != 0) v.capital_map = char_map(from);
  }
  if ((kind & 16) != 0)
    for (int lost = from.byte() % 8; lost > 0; --lost) {
      v.lost_tokens.push_back(from.text(static_cast<std::size_t>(from.byte() % 8)));
      v.lost_scores.push_back(static_cast<float>(from.byte()) - 128);
    }
  if (v.kind == text::kWords)
    for (std::size_t id = 0; id < v.tokens.size(); ++id)
      if (v.types[id] == text::TokenType::normal || v.types[id] == text::TokenType::user_defined)
        v.tokens[id].insert(0, 1, ' ');
}

// Several expressions one after the other, and the composed form.
void add_steps(int kind, convert::Vocabulary& v) {
  constexpr std::string_view kSteps[] = {
      text::kQwen2Pattern,     text::kThreeDigits, text::kNewline,         text::kBlankLetters,
      text::kBlankPunctuation, text::kBlanksAtEnd, text::kBloomPattern,    text::kDigits,
      text::kDigitRuns,        text::kPunctuation, text::kPunctuationRuns, text::kByteDigitRuns};
  for (int step = kind % 64 / 4; step < 16; step += 3)
    v.patterns.emplace_back(kSteps[static_cast<std::size_t>(step) % std::size(kSteps)]);
  v.composes = (kind & 32) != 0;
  v.bert = {(kind & 1) != 0, (kind & 2) != 0, (kind & 4) != 0, (kind & 8) != 0};
  v.albert = {(kind & 2) != 0, (kind & 4) != 0, (kind & 8) != 0};
  v.longest_word = kind % 32 + 1;
  v.cleanup = (kind & 16) != 0;
}

// The marks and the 256 bytes, so that few inputs are refused for the lack of them, then whatever
// the input says.
convert::Vocabulary vocabulary(Bytes& from) {
  const int kind = from.byte(), flags = from.byte(), more = from.byte();
  convert::Vocabulary v;
  // Inputs from before there were more kinds have a small first byte.
  const std::string_view late[] = {text::kSentencePieceUnigram, text::kSentencePieceBpe,
                                   text::kWords, text::kCharacters};
  v.kind = kind >= 192     ? text::kWordPiece
           : kind >= 128   ? late[kind / 2 % 4]
           : kind % 2 == 0 ? text::kSentencePieceBpe
                           : text::kByteBpe;
  v.pattern = kind % 4 < 2 ? text::kGpt2Pattern : text::kLlama3Pattern;
  if (kind >= 64) add_steps(kind, v);
  v.tokens = {"<unk>", "<s>", "</s>"};
  v.types = {text::TokenType::unknown, text::TokenType::control, text::TokenType::control};
  for (int byte = 0; byte < ((flags & 1) != 0 ? 256 : 3); ++byte) {
    v.tokens.emplace_back(1, static_cast<char>(byte));
    v.types.push_back(v.kind != text::kByteBpe ? text::TokenType::byte : text::TokenType::normal);
  }
  for (int tokens = from.byte() % 64; tokens > 0; --tokens) {
    const int about = from.byte();
    v.types.push_back(static_cast<text::TokenType>(about % 16 < 8 ? about % 8 : 0));
    v.tokens.push_back(from.text(static_cast<std::size_t>(about / 16)));
  }
  if (kind >= 128) add_late(from, kind, v);
  if (v.kind == text::kSentencePieceUnigram || ((flags & 2) != 0 && v.kind != text::kByteBpe))
    for (int id = 0; id < v.size(); ++id) v.scores.push_back(static_cast<float>(from.byte()));
  else
    for (int merges = from.byte() % 64; merges > 0; --merges)
      for (int part = 0; part < 3; ++part) v.merges.push_back(from.number());
  if ((flags & 4) != 0) v.unknown = from.number();
  if ((flags & 8) != 0) v.begin = from.number();
  if ((flags & 16) != 0) v.end = from.number();
  if ((flags & 32) != 0) v.ends = numbers(from);
  if ((flags & 64) != 0) v.strip_left = numbers(from);
  if ((flags & 128) != 0) v.strip_right = numbers(from);
  v.prefix = more % 4 == 0 ? "every" : more % 4 == 1 ? "first" : "none";
  v.prefix_unless_blank = (more & 4) != 0;
  v.strip_first = (more & 8) != 0;
  v.collapse_blanks = (more & 16) != 0;
  v.split_blanks = (more & 32) != 0;
  v.fuse_unknown = (more & 64) != 0;
  v.whole_words = (more & 128) != 0;
  return v;
}

void require(bool condition) {
  if (!condition) std::abort();
}

// `text` with a blank for every U+2581.
std::string without_marks(std::string text) {
  for (std::size_t at; (at = text.find("\xE2\x96\x81")) != text.npos;) text.replace(at, 3, " ");
  return text;
}

// Whether every text comes back as it was.
bool is_faithful(const convert::Vocabulary& v, const text::Tokenizer& tokenizer) {
  for (int byte = 0; byte < 256; ++byte)
    if (tokenizer.piece(3 + byte) != std::string(1, static_cast<char>(byte))) return false;
  const bool edits = v.albert.quotes || v.albert.lower || v.albert.strip_accents;
  return v.prefix == "none" && !v.composes && (!edits || v.kind == text::kByteBpe) &&
         v.kind != text::kWordPiece && !v.strip_first && !v.collapse_blanks && v.char_map.empty() &&
         v.lost_tokens.empty() && !v.capital_marks && v.kind != text::kWords &&
         v.kind != text::kCharacters;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const convert::Vocabulary v = vocabulary(bytes);
  core::BundleBuilder builder;
  convert::add_settings(v, builder);
  const auto tokenizer = text::Tokenizer::from(builder.build());
  if (!tokenizer) {
    require(!tokenizer.error().sentence.empty());
    return 0;
  }
  const std::string_view text = bytes.rest();
  for (const bool special : {false, true}) {
    const std::vector<int> ids =
        tokenizer->encode(text, {.parse_special = special, .add_begin = false, .add_end = false});
    for (const int id : ids) require(id >= 0 && id < tokenizer->size());
    const std::string decoded = tokenizer->decode(ids, {.special = true});
    text::StreamDecoder stream(*tokenizer, {.special = true});
    std::string streamed;
    for (const int id : ids) {
      const std::string_view part = stream.feed(id);
      require(text::is_utf8(part));
      streamed += part;
    }
    streamed += stream.flush();
    require(streamed == text::repaired(decoded));
    if (!special && is_faithful(v, *tokenizer)) {
      // A text cannot say whether it means U+2581 or a blank; a token that begins or ends within
      // that character keeps it.
      const bool marks = v.kind != text::kByteBpe;
      const std::string expected = text::repaired(text);
      require(marks ? without_marks(decoded) == without_marks(expected) : decoded == expected);
    }
  }
  return 0;
}
