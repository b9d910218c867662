#include "engine/text/wordpiece.h"

#include <algorithm>

#include "engine/core/limits.h"
#include "engine/text/utf8.h"

namespace linnet::text {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

Result<WordPiece> WordPiece::from(const core::Bundle& bundle, const Vocabulary& vocabulary) {
  WordPiece pieces;
  if (vocabulary.unknown() < 0)
    return Error{Fault::corrupt, "the tokenizer has no token for unknown words"};
  auto cleaner = Cleaner::from(bundle);
  if (!cleaner) return cleaner.error();
  auto punctuation = CharRanges::from(bundle, "tokenizer.punctuation");
  if (!punctuation) return punctuation.error();
  auto longest = bundle.get<std::int64_t>("tokenizer.longest_word", 100);
  if (!longest) return longest.error();
  if (*longest < 1 || *longest > core::limits::kPromptBytes)
    return Error{Fault::corrupt, say("the setting 'tokenizer.longest_word' is ", *longest)};
  for (int id = 0; id < vocabulary.size(); ++id) {
    const TokenType type = vocabulary.type(id);
    if (type != TokenType::normal && type != TokenType::user_defined) continue;
    if (vocabulary.piece(id) == " ")
      return Error{Fault::corrupt,
                   say("token ", id, " of the tokenizer begins a word but has no character")};
    pieces.longest_token_ = std::max(pieces.longest_token_, vocabulary.piece(id).size());
  }
  auto index = TokenIndex::of(vocabulary);
  if (!index) return index.error();
  pieces.cleaner_ = *cleaner;
  pieces.punctuation_ = *punctuation;
  pieces.index_ = std::move(*index);
  pieces.longest_word_ = *longest;
  return pieces;
}

void WordPiece::encode(const Vocabulary& vocabulary, std::string_view section, bool,
                       std::vector<int>& tokens) const {
  const std::string text = cleaner_(section);
  std::string word = " ";
  std::int64_t characters = 0;
  const auto finish = [&] {
    if (characters > longest_word_)
      tokens.push_back(vocabulary.unknown());
    else if (characters > 0)
      encode_word(vocabulary, word, tokens);
    word.resize(1);
    characters = 0;
  };
  for (std::string_view rest = text; !rest.empty();) {
    const Character c = first_character(rest);
    const bool blank = c.code == ' ', mark = !blank && punctuation_.has(c.code);
    if (blank || mark) finish();
    if (!blank) {
      word += rest.substr(0, static_cast<std::size_t>(c.bytes));
      ++characters;
    }
    if (mark) finish();
    rest.remove_prefix(static_cast<std::size_t>(c.bytes));
  }
  finish();
}

// `word` begins with the blank that the tokens at the start of a word have.
void WordPiece::encode_word(const Vocabulary& vocabulary, std::string_view word,
                            std::vector<int>& tokens) const {
  const std::size_t before = tokens.size();
  while (!word.empty()) {
    const int id = index_.longest(vocabulary, word.substr(0, longest_token_));
    if (id < 0) {
      tokens.resize(before);
      return tokens.push_back(vocabulary.unknown());
    }
    tokens.push_back(id);
    word.remove_prefix(vocabulary.piece(id).size());
  }
}

}  // namespace linnet::text
