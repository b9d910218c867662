#pragma once

#include <string>
#include <string_view>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/char_changes.h"
#include "engine/text/char_ranges.h"

namespace linnet::text {

// What BERT does to a text before it looks for words (Devlin et al. 2019; tokenization.py of their
// code): control characters go, every blank becomes ' ', Chinese characters get a blank on either
// side, and an uncased model reads letters in lower case and without accents.
//
// Each character is changed by itself. The canonical order of marks, which the decomposed form
// (NFD) asks for, is left out: marks that take no room are dropped before it shows, and of the
// others no two that would change places meet in a word.
class Cleaner {
 public:
  // Reads and checks `tokenizer.dropped`, `changed`, `changes`, `split_chinese` and `split_hangul`
  // (engine/text/tokenizer.h).
  static core::Result<Cleaner> from(const core::Bundle& bundle);

  // `section` is valid UTF-8; the result is so too and has no blank but ' '.
  std::string operator()(std::string_view section) const;

 private:
  void add(char32_t c, std::string_view bytes, std::string& text) const;

  CharRanges dropped_;
  CharChanges changes_;
  bool split_chinese_ = false, split_hangul_ = false;
};

}  // namespace linnet::text
