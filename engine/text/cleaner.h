#pragma once

#include <string>
#include <string_view>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/char_edits.h"

namespace linnet::text {

// What BERT does to a text before it looks for words (Devlin et al. 2019; tokenization.py of their
// code): control characters go, every blank becomes ' ', Chinese characters get a blank on either
// side, and an uncased model reads letters in lower case and without accents.
class Cleaner {
 public:
  // Reads and checks `tokenizer.split_chinese` (engine/text/tokenizer.h) and what CharEdits reads.
  static core::Result<Cleaner> from(const core::Bundle& bundle);

  // `section` is valid UTF-8; the result is so too and has no blank but ' '.
  std::string operator()(std::string_view section) const;

 private:
  void add(char32_t c, std::string_view bytes, std::string& text) const;

  CharEdits edits_;
  bool split_chinese_ = false;
};

}  // namespace linnet::text
