#include <algorithm>

#include "engine/core/limits.h"
#include "engine/text/tokenizer.h"
#include "tools/convert/json.h"
#include "tools/convert/vocabulary/bpe_tables.h"
#include "tools/convert/vocabulary/protobuf.h"
#include "tools/convert/vocabulary/spelling.h"
#include "tools/convert/vocabulary/vocabulary.h"

// tokenizer.model: the protobuf of SentencePiece (its src/sentencepiece_model.proto has the numbers
// of the fields and their defaults).
namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;
using text::TokenType;

constexpr std::uint64_t kUnigram = 1, kBpe = 2;  // of models
constexpr std::uint64_t kUnused = 5;             // of pieces

struct Trainer {
  std::uint64_t model_type = kUnigram;
  bool blank_as_suffix = false;
  bool byte_fallback = false;
  std::string unknown = "<unk>", begin = "<s>", end = "</s>", pad = "<pad>";
};

struct Normalizer {
  std::string name;
  std::string map;
  bool add_prefix = true, collapse_blanks = true, escape_blanks = true;
  bool marks_capitals = false, reads_capitals = false;  // of Marian's own SentencePiece
};

class ModelReader {
 public:
  ModelReader(std::string path, Vocabulary& to) : path_(std::move(path)), to_(to) {}

  Status read(std::string_view message) {
    ProtobufFields fields(message);
    while (fields.next()) {
      Status read = Done{};
      switch (fields.number()) {
        case 1:
          read = add_piece(fields.bytes());
          break;
        case 2:
          read = read_trainer(fields.bytes());
          break;
        case 3:
          read = read_normalizer(fields.bytes(), normalizer_);
          break;
        case 5:
          read = read_normalizer(fields.bytes(), denormalizer_);
          break;
        default:
          break;  // its own self test
      }
      if (!read) return read;
    }
    if (fields.broken()) return broken();
    if (Status supported = check(); !supported) return supported;
    finish();
    return Done{};
  }

 private:
  Error broken() const { return {Fault::corrupt, say(path_, " is not a SentencePiece model")}; }
  Error refused(std::string_view what) const {
    return {Fault::unsupported, say(path_, ": ", what, ", which this version does not support")};
  }

  Status add_piece(std::string_view message) {
    std::string piece;
    float score = 0;
    std::uint64_t type = 1;
    ProtobufFields fields(message);
    while (fields.next()) {
      if (fields.number() == 1) piece = fields.bytes();
      if (fields.number() == 2) score = fields.real();
      if (fields.number() == 3) type = fields.integer();
    }
    if (fields.broken()) return broken();
    if (to_.size() == core::limits::kVocabulary)
      return Error{Fault::limit,
                   say(path_, " has more than ", core::limits::kVocabulary, " tokens")};
    return add_token(std::move(piece), score, type);
  }

  Status add_token(std::string piece, float score, std::uint64_t type) {
    TokenType ours = TokenType::normal;
    switch (type) {
      case 1:
        break;
      case 2:
        ours = TokenType::unknown;
        break;
      case 3:
        ours = TokenType::control;
        break;
      case 4:
        ours = TokenType::user_defined;
        break;
      case 6:
        ours = TokenType::byte;
        break;
      case kUnused:
        ours = TokenType::unused;
        break;
      default:
        return refused(say("token ", to_.size(), " is of type ", type));
    }
    if (ours == TokenType::byte) {
      const auto byte = byte_of(piece);
      if (!byte)
        return Error{Fault::corrupt, say(path_, ": token ", to_.size(), ", '", shown(piece),
                                         "', should be a byte but is none")};
      piece = static_cast<char>(*byte);
    } else if (ours != TokenType::unknown && ours != TokenType::control) {
      // A text that was normalised has no plain blanks, so a token with one is never met.
      if (piece.find(' ') != piece.npos) ours = TokenType::unused;
      piece = with_blanks(piece);
    }
    to_.tokens.push_back(std::move(piece));
    to_.types.push_back(ours);
    to_.scores.push_back(score);
    types_.push_back(type);
    return Done{};
  }

  Status read_trainer(std::string_view message) {
    ProtobufFields fields(message);
    while (fields.next()) switch (fields.number()) {
        case 3:
          trainer_.model_type = fields.integer();
          break;
        case 24:
          trainer_.blank_as_suffix = fields.truth();
          break;
        case 35:
          trainer_.byte_fallback = fields.truth();
          break;
        case 45:
          trainer_.unknown = fields.bytes();
          break;
        case 46:
          trainer_.begin = fields.bytes();
          break;
        case 47:
          trainer_.end = fields.bytes();
          break;
        case 48:
          trainer_.pad = fields.bytes();
          break;
        default:
          break;  // how it was trained
      }
    return fields.broken() ? Status(broken()) : Done{};
  }

  Status read_normalizer(std::string_view message, Normalizer& into) {
    ProtobufFields fields(message);
    while (fields.next()) switch (fields.number()) {
        case 1:
          into.name = fields.bytes();
          break;
        case 2:
          into.map = fields.bytes();
          break;
        case 3:
          into.add_prefix = fields.truth();
          break;
        case 4:
          into.collapse_blanks = fields.truth();
          break;
        case 5:
          into.escape_blanks = fields.truth();
          break;
        case 7:
          into.marks_capitals = fields.truth();
          break;
        case 8:
          into.reads_capitals = fields.truth();
          break;
        default:
          break;
      }
    return fields.broken() ? Status(broken()) : Done{};
  }

  Status check() const {
    constexpr std::string_view kTypes[] = {"none", "unigram", "bpe", "word", "char"};
    if (to_.tokens.empty()) return broken();
    if (trainer_.model_type != kUnigram && trainer_.model_type != kBpe)
      return refused(
          say("it is of the type '",
              trainer_.model_type <= 4 ? kTypes[trainer_.model_type] : std::string_view("unknown"),
              "'"));
    // Byte-pair encoding may go by way of such a token and take it apart again.
    const auto unused = std::find(types_.begin(), types_.end(), kUnused);
    if (trainer_.model_type == kBpe && unused != types_.end())
      return refused(say("token ", unused - types_.begin(), " is marked as unused"));
    if (normalizer_.marks_capitals != denormalizer_.reads_capitals)
      return refused("it marks capitals on one way only");
    if (normalizer_.marks_capitals && normalizer_.collapse_blanks)
      return refused("it marks capitals and drops blanks");
    if (!denormalizer_.map.empty() && !normalizer_.marks_capitals)
      return refused(say("it changes decoded text by '", shown(denormalizer_.name), "'"));
    if (!normalizer_.escape_blanks) return refused("it does not mark blanks");
    const auto bytes = std::count(to_.types.begin(), to_.types.end(), TokenType::byte);
    if (bytes != (trainer_.byte_fallback ? 256 : 0))
      return Error{Fault::corrupt, say(path_, " has ", bytes, " tokens for single bytes and ",
                                       trainer_.byte_fallback ? "needs 256" : "does not use them")};
    return Done{};
  }

  int find(std::string_view piece, TokenType type) const {
    for (int id = 0; id < to_.size(); ++id) {
      const auto i = static_cast<std::size_t>(id);
      if (to_.types[i] == type && to_.tokens[i] == piece) return id;
    }
    return -1;
  }

  void finish() {
    to_.kind = trainer_.model_type == kBpe ? text::kSentencePieceBpe : text::kSentencePieceUnigram;
    to_.char_map = normalizer_.map;
    to_.unknown = find(trainer_.unknown, TokenType::unknown);
    to_.begin = find(trainer_.begin, TokenType::control);
    to_.end = find(trainer_.end, TokenType::control);
    to_.pad = find(trainer_.pad, TokenType::control);
    // The file does not say so, but the models that come with it alone were trained like that:
    // Llama and its kind behind a begin token, T5 and Marian before an end token.
    const bool bpe = trainer_.model_type == kBpe;
    to_.add_begin = bpe && to_.begin >= 0;
    to_.add_end = !bpe && to_.end >= 0;
    to_.prefix = normalizer_.add_prefix ? "every" : "none";
    to_.suffix = trainer_.blank_as_suffix;
    to_.strip_first = normalizer_.add_prefix && !to_.suffix;
    to_.strip_last = normalizer_.add_prefix && to_.suffix;
    to_.capital_marks = normalizer_.marks_capitals;
    to_.capital_map = denormalizer_.map;
    to_.collapse_blanks = normalizer_.collapse_blanks;
    to_.fuse_unknown = true;
  }

  std::string path_;
  Vocabulary& to_;
  std::vector<std::uint64_t> types_;  // as the file has them
  Trainer trainer_;
  Normalizer normalizer_, denormalizer_;
};

}  // namespace

Result<Vocabulary> read_sentencepiece_model(const std::string& path) {
  auto message = read_tokenizer_file(path);
  if (!message) return message.error();
  return parse_sentencepiece_model(*message, path);
}

Result<Vocabulary> parse_sentencepiece_model(std::string_view contents, const std::string& file) {
  Vocabulary vocabulary;
  if (Status read = ModelReader(file, vocabulary).read(contents); !read) return read.error();
  return vocabulary;
}

}  // namespace linnet::convert
