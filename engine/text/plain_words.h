#pragma once

#include <string_view>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/token_index.h"
#include "engine/text/vocabulary.h"

// Vocabularies without any splitting: a list of words, or of characters.
namespace linnet::text {

// Words: what stands between blanks (White_Space) is a token, or the unknown token; where the model
// has none, it is left out. Every normal and user-defined token begins with the one ' ' that stands
// before it in a text, so that decoding joins tokens by one blank.
class Words {
 public:
  static core::Result<Words> from(const core::Bundle& bundle, const Vocabulary& vocabulary);

  // Appends the tokens of `section`, valid UTF-8. `vocabulary` is the one that this was made with.
  void encode(const Vocabulary& vocabulary, std::string_view section, bool first,
              std::vector<int>& tokens) const;

 private:
  TokenIndex index_;
};

// Characters: each (Unicode scalar value) is a token, or the unknown token; where the model has
// none, it is left out. A blank that is no token of its own is read as ' ', and left out where that
// is no token either. Tokens of several characters are never the result of spelling.
class Characters {
 public:
  static core::Result<Characters> from(const core::Bundle& bundle, const Vocabulary& vocabulary);

  void encode(const Vocabulary& vocabulary, std::string_view section, bool first,
              std::vector<int>& tokens) const;

 private:
  TokenIndex index_;
  int blank_ = -1;  // the token ' '
};

}  // namespace linnet::text
