#pragma once

#include <string>
#include <string_view>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/char_changes.h"
#include "engine/text/char_ranges.h"

namespace linnet::text {

// What is done to each character by itself: some are left out, some become others, and syllables of
// Hangul may become their letters. That is how texts lose case and accents: the canonical order of
// marks, which a decomposed form asks for, is left out, for the marks are dropped before it shows.
class CharEdits {
 public:
  // Reads and checks `tokenizer.dropped`, `changed`, `changes` and `split_hangul`
  // (engine/text/tokenizer.h).
  static core::Result<CharEdits> from(const core::Bundle& bundle);

  bool empty() const { return dropped_.empty() && changes_.empty() && !split_hangul_; }
  bool drops(char32_t c) const { return dropped_.has(c); }
  // Appends what becomes of c, which is not dropped; `bytes` are its own.
  void add(char32_t c, std::string_view bytes, std::string& text) const;

 private:
  CharRanges dropped_;
  CharChanges changes_;
  bool split_hangul_ = false;
};

}  // namespace linnet::text
