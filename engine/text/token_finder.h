#pragma once

#include <array>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "engine/text/vocabulary.h"

namespace linnet::text {

// Finds tokens of some types as they stand in a text: special tokens, user-defined symbols.
class TokenFinder {
 public:
  TokenFinder() = default;
  enum class Blanks { yes, no };  // whether tokens with a blank count too
  TokenFinder(const Vocabulary& vocabulary, std::initializer_list<TokenType> types,
              Blanks blanks = Blanks::yes);

  bool empty() const { return ids_.empty(); }
  // The longest token that `text` begins with, or -1. `vocabulary` is the one of the constructor.
  int longest(const Vocabulary& vocabulary, std::string_view text) const;

  struct Found {
    int id = -1;
    std::size_t begin = 0;  // where it stands; the size of the text if there is none
  };
  // The leftmost token in text[from, ...), the longest of those that begin there.
  Found next(const Vocabulary& vocabulary, std::string_view text, std::size_t from) const;

 private:
  struct Range {
    int first, last;  // [first, last) of ids_
  };
  std::vector<int> ids_;               // sorted by their bytes, equal ones by number
  std::array<Range, 256> starting_{};  // with that byte
};

}  // namespace linnet::text
