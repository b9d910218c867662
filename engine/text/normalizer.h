#pragma once

#include <string>
#include <string_view>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/blanks.h"
#include "engine/text/char_edits.h"
#include "engine/text/char_map.h"
#include "engine/text/token_finder.h"
#include "engine/text/vocabulary.h"

namespace linnet::text {

// What SentencePiece does to a text before it looks for pieces: characters replaced by the map of
// the model (behind what ALBERT does before: double quotes, lower case, no accents), blanks around
// the text dropped and runs of them made one, a blank put before or behind it. Blanks come out as
// ' ', and so does U+2581, by which SentencePiece writes them.
class Normalizer {
 public:
  // Reads and checks `tokenizer.quotes`, `char_map`, `prefix`, `prefix_unless_blank`,
  // `suffix`, `capital_marks` and `collapse_blanks` (engine/text/tokenizer.h), and what CharEdits
  // reads.
  static core::Result<Normalizer> from(const core::Bundle& bundle, const Vocabulary& vocabulary);

  // `section` is valid UTF-8; the result is so too if the replacements of the map are. `first`: no
  // text or token came before. `vocabulary` is the one that this was made with.
  std::string operator()(const Vocabulary& vocabulary, std::string_view section, bool first) const;

 private:
  std::string edited(std::string_view section) const;
  // Calls each(piece, plain) for what every character becomes; plain: the map had no say.
  template <class Each>
  void map(const Vocabulary& vocabulary, std::string_view section, const Each& each) const;

  bool quotes_ = false;
  CharEdits edits_;
  CharMap map_;
  TokenFinder kept_;  // user-defined tokens stay as they are; none if there is no map
  Prefix prefix_;
  bool suffix_ = false, capital_marks_ = false, collapse_blanks_ = false;
};

}  // namespace linnet::text
