#include <unordered_map>

#include "engine/text/tokenizer.h"
#include "tools/convert/vocabulary/bpe_tables.h"
#include "tools/convert/vocabulary/spelling.h"
#include "tools/convert/vocabulary/vocabulary.h"

// A SentencePiece model that says which pieces a text has, and a vocab.json that says their
// numbers, as Marian and M2M-100 have them.
namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using text::TokenType;

class PieceNumbering {
 public:
  // `pieces` has all that the model says and gets the tokens in the order of their numbers.
  explicit PieceNumbering(Vocabulary& pieces) : to_(pieces) {
    tokens_.swap(to_.tokens);
    types_.swap(to_.types);
    scores_.swap(to_.scores);
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (types_[i] == TokenType::byte) has_bytes_ = true;
      if (is_piece(i)) pieces_.emplace(tokens_[i], i);
    }
  }

  void number(const WrittenTokens& written) {
    std::vector<bool> numbered(tokens_.size(), false);
    for (const std::string& token : written.tokens) {
      const auto byte = has_bytes_ ? byte_of(token) : std::nullopt;
      const auto found = pieces_.find(with_blanks(token));
      // Written with a plain blank it is another token than the piece.
      const bool known = found != pieces_.end() && token.find(' ') == token.npos;
      if (byte) {
        add(std::string(1, static_cast<char>(*byte)), TokenType::byte, 0);
      } else if (known) {
        numbered[found->second] = true;
        add(found->first, types_[found->second], scores_[found->second]);
      } else {
        // Where a text begins with it, the token of a language stands for itself.
        const bool language = token.starts_with(">>") && token.ends_with("<<");
        add(with_blanks(token), language ? TokenType::added : TokenType::unused, 0);
      }
    }
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (numbered[i] || !is_piece(i)) continue;
      to_.lost_tokens.push_back(tokens_[i]);
      to_.lost_scores.push_back(scores_[i]);
    }
  }

  void name(const WrittenTokens& written) {
    for (const auto& [token, id] : {std::pair("<s>", &to_.begin), std::pair("</s>", &to_.end),
                                    std::pair("<pad>", &to_.pad)}) {
      *id = written.find(token);
      if (*id >= 0) to_.types[static_cast<std::size_t>(*id)] = TokenType::control;
    }
    to_.unknown = written.find("<unk>");
    if (to_.unknown >= 0) to_.types[static_cast<std::size_t>(to_.unknown)] = TokenType::unknown;
    to_.add_begin = false;
    to_.add_end = to_.end >= 0;
  }

 private:
  bool is_piece(std::size_t i) const {
    return types_[i] == TokenType::normal || types_[i] == TokenType::user_defined;
  }
  void add(const std::string& token, TokenType type, float score) {
    to_.tokens.push_back(token);
    to_.types.push_back(type);
    to_.scores.push_back(score);
  }

  Vocabulary& to_;
  std::vector<std::string> tokens_;
  std::vector<TokenType> types_;
  std::vector<float> scores_;
  std::unordered_map<std::string, std::size_t> pieces_;
  bool has_bytes_ = false;
};

}  // namespace

Result<Vocabulary> read_numbered_pieces(const std::string& model, const std::string& numbers) {
  auto pieces = read_sentencepiece_model(model);
  if (!pieces) return pieces.error();
  auto json = read_json_file(numbers);
  if (!json) return json.error();
  auto written = read_written_tokens(*json, numbers);
  if (!written) return written.error();
  PieceNumbering numbering(*pieces);
  numbering.number(*written);
  numbering.name(*written);
  if (pieces->unknown < 0) return Error{Fault::corrupt, say(numbers, " has no token '<unk>'")};
  return pieces;
}

}  // namespace linnet::convert
