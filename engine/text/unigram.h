#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/blanks.h"
#include "engine/text/byte_trie.h"
#include "engine/text/normalizer.h"
#include "engine/text/unknown_text.h"
#include "engine/text/vocabulary.h"

namespace linnet::text {

// The unigram language model of SentencePiece (Kudo 2018): of all ways to spell a text by tokens
// the one whose scores have the highest sum, found by dynamic programming (Viterbi) over the ends
// of tokens. A character that no token spells alone counts as one token whose score is the lowest
// less
// 10. The vocabulary writes the blank as ' ', not as U+2581.
//
// Sums are rounded as the reference rounds them, so that ties and near ties come out the same: to
// floats over the whole section as in SentencePiece, or, with `tokenizer.split_blanks`, doubles for
// each word, as in the library `tokenizers`.
class Unigram {
 public:
  // Reads and checks `tokenizer.scores`, `lost_tokens`, `lost_scores`, `split_blanks`, and what
  // Normalizer and UnknownText read (engine/text/tokenizer.h).
  static core::Result<Unigram> from(const core::Bundle& bundle, const Vocabulary& vocabulary);

  // Appends the tokens of `section`, valid UTF-8. `first`: no text or token came before it.
  // `vocabulary` is the one that this was made with. Time: bytes times the longest token.
  void encode(const Vocabulary& vocabulary, std::string_view section, bool first,
              std::vector<int>& tokens) const;

 private:
  // The best way to spell a text up to some place: its score and its last token.
  struct Best {
    double score = 0;
    int begin = -1;  // of the last token; -1: there is no way yet
    int piece = -1;  // its number in the trie; -1: an unknown character
  };
  core::Status read_pieces(const core::Bundle& bundle, const Vocabulary& vocabulary);
  double score_of(const Vocabulary& vocabulary, int piece, std::size_t bytes) const;
  void solve(const Vocabulary& vocabulary, std::string_view part, std::vector<Best>& best) const;
  void emit(const Vocabulary& vocabulary, std::string_view part, const std::vector<Best>& best,
            std::vector<int>& path, bool& after_unknown, std::vector<int>& tokens) const;

  Normalizer normalizer_;
  UnknownText unknown_;
  WordCuts cuts_;
  ByteTrie trie_;  // of ids; past those of the vocabulary, of lost tokens
  std::span<const float> scores_, lost_scores_;
  float unknown_score_ = 0;
  float highest_score_ = 0;
};

}  // namespace linnet::text
