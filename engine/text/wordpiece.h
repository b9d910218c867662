#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/char_ranges.h"
#include "engine/text/cleaner.h"
#include "engine/text/token_index.h"
#include "engine/text/vocabulary.h"

namespace linnet::text {

// WordPiece as in BERT: a text is cleaned, cut at blanks and around every punctuation mark, and
// each word is spelled from the left by the longest token that fits. A word that cannot be spelled
// so, or is too long, is the unknown token.
//
// A token that begins a word begins with the ' ' before it; one that goes on inside ("##ing" in
// BERT's own list) does not: "ing".
class WordPiece {
 public:
  // Reads and checks `tokenizer.punctuation`, `longest_word` and what Cleaner reads
  // (engine/text/tokenizer.h). An error too if the vocabulary has no unknown token.
  static core::Result<WordPiece> from(const core::Bundle& bundle, const Vocabulary& vocabulary);

  // Appends the tokens of `section`, valid UTF-8. `vocabulary` is the one that this was made with.
  void encode(const Vocabulary& vocabulary, std::string_view section, bool first,
              std::vector<int>& tokens) const;

 private:
  void encode_word(const Vocabulary& vocabulary, std::string_view word,
                   std::vector<int>& tokens) const;

  Cleaner cleaner_;
  CharRanges punctuation_;
  TokenIndex index_;
  std::int64_t longest_word_ = 0;  // characters
  std::size_t longest_token_ = 0;  // bytes
};

}  // namespace linnet::text
