#pragma once

#include <array>
#include <cstdint>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/char_ranges.h"

namespace linnet::text {

// What \p{L}, \p{N}, \s and \p{P} mean to the expressions that cut words. Letters, numbers and
// punctuation come from the model file (engine/text/char_ranges.h says why); blanks (White_Space)
// are few and stable.
class CharacterClasses {
 public:
  enum Class : std::uint8_t { other, letter, number, blank };  // other: punctuation too

  // Reads and checks `tokenizer.letters`, `tokenizer.numbers` and `tokenizer.punctuation`, of which
  // only the last may be absent.
  static core::Result<CharacterClasses> from(const core::Bundle& bundle);

  Class operator()(char32_t c) const { return c < kTable ? table_[c] : search(c); }
  bool is_punctuation(char32_t c) const { return punctuation_.has(c); }
  bool knows_punctuation() const { return !punctuation_.empty(); }

 private:
  static constexpr char32_t kTable = 0x800;  // what has one or two bytes: most alphabets
  Class search(char32_t c) const;

  CharRanges letters_, numbers_, punctuation_;
  std::array<Class, kTable> table_{};
};

// The property White_Space.
bool is_blank(char32_t c);

}  // namespace linnet::text
