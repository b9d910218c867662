#pragma once

#include <string_view>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/vocabulary.h"

namespace linnet::text {

// What becomes of characters that no token spells: their bytes where the vocabulary has a token for
// each byte, otherwise the unknown token.
class UnknownText {
 public:
  // Reads and checks `tokenizer.fuse_unknown`. An error too if the vocabulary has neither.
  static core::Result<UnknownText> from(const core::Bundle& bundle, const Vocabulary& vocabulary);

  // Appends the tokens of `text`. `after_unknown`: it directly follows another unknown text.
  void emit(const Vocabulary& vocabulary, std::string_view text, bool after_unknown,
            std::vector<int>& tokens) const;

 private:
  bool bytes_ = false;
  bool fuse_ = false;  // a run of unknown characters is one unknown token
};

}  // namespace linnet::text
