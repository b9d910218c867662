#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/tokenizer.h"

namespace linnet::tools {

// What a token of a source was in its line.
struct SourceWord {
  std::string text;  // without blanks; empty for what stands around every source
  bool begins_word = false;
};

// Every part of the text begins with a blank: tokens are whole words.
bool has_whole_words(const text::Tokenizer& tokenizer);

// The words of tokens[first, last), which are those of `line`; the others have none. A known token
// is what it is spelled with; an unknown one is what stands between its neighbours. `whole_words`:
// has_whole_words(), which looks at all of the vocabulary.
std::vector<SourceWord> source_words(const text::Tokenizer& tokenizer, bool whole_words,
                                     std::string_view line, std::span<const int> tokens,
                                     std::size_t first, std::size_t last);

}  // namespace linnet::tools
