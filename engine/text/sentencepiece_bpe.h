#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/blanks.h"
#include "engine/text/lost_tokens.h"
#include "engine/text/merge.h"
#include "engine/text/normalizer.h"
#include "engine/text/token_finder.h"
#include "engine/text/token_index.h"
#include "engine/text/unknown_text.h"
#include "engine/text/vocabulary.h"

namespace linnet::text {

// Byte-pair encoding over the characters of a text, blanks included, as in SentencePiece (Kudo,
// Richardson 2018): the blank is a character like any other, words begin with it, and a character
// without a token becomes its bytes. The vocabulary writes the blank as ' ', not as U+2581.
//
// Which pair is joined first: with `tokenizer.scores`, the one whose union is the best token; with
// `tokenizer.merges`, the first in that list.
class SentencePieceBpe {
 public:
  // Reads and checks `tokenizer.scores` and `lost_tokens`, or `merges`, `split_blanks`, and what
  // Normalizer and UnknownText read (engine/text/tokenizer.h).
  static core::Result<SentencePieceBpe> from(const core::Bundle& bundle,
                                             const Vocabulary& vocabulary);

  // Appends the tokens of `section`, valid UTF-8. `first`: no text or token came before it.
  // `vocabulary` is the one that this was made with.
  void encode(const Vocabulary& vocabulary, std::string_view section, bool first,
              std::vector<int>& tokens) const;

 private:
  void spell(const Vocabulary& vocabulary, std::string_view chunk, MergeScratch& scratch) const;
  void join(const Vocabulary& vocabulary, std::string_view chunk, MergeScratch& scratch) const;
  void emit(const Vocabulary& vocabulary, std::string_view chunk, const MergeScratch& scratch,
            bool& after_unknown, std::vector<int>& tokens) const;

  TokenIndex index_;
  TokenFinder user_defined_;
  std::span<const float> scores_;  // empty if there are merges
  LostTokens lost_;
  std::optional<MergeTable> merges_;
  Normalizer normalizer_;
  UnknownText unknown_;
  WordCuts cuts_;
};

}  // namespace linnet::text
