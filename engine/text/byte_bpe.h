#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/blanks.h"
#include "engine/text/composer.h"
#include "engine/text/merge.h"
#include "engine/text/pretokenize.h"
#include "engine/text/token_index.h"
#include "engine/text/vocabulary.h"

namespace linnet::text {

// Byte-pair encoding over the bytes of each word, as in GPT-2 (Radford et al. 2019) and Llama 3.
// The tokens are the bytes themselves, not the printable stand-ins of those models' files.
class ByteBpe {
 public:
  // Reads and checks `tokenizer.merges`, `prefix`, `whole_words` and what Splitter and Composer
  // read (engine/text/tokenizer.h).
  static core::Result<ByteBpe> from(const core::Bundle& bundle, const Vocabulary& vocabulary);

  // Appends the tokens of `section`, valid UTF-8. `first`: no text or token came before it.
  // `vocabulary` is the one that this was made with.
  void encode(const Vocabulary& vocabulary, std::string_view section, bool first,
              std::vector<int>& tokens) const;

 private:
  void encode_word(const Vocabulary& vocabulary, std::string_view word, MergeScratch& scratch,
                   std::vector<int>& tokens) const;
  core::Status find_bytes(const Vocabulary& vocabulary);

  Composer composer_;
  Splitter splitter_;
  MergeTable merges_;
  TokenIndex index_;
  Prefix prefix_;
  bool whole_words_ = false;  // a word that is a token is not spelled out first
  std::array<std::int32_t, 256> bytes_{};
};

}  // namespace linnet::text
