#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/char_changes.h"

namespace linnet::text {

// The composed form of a text (NFC; Unicode 15, section 3.11): characters are taken apart, the
// marks behind each brought into their order, and what has a single character becomes it again. The
// tables come from the model file, but for Hangul, whose syllables follow from their numbers. Views
// of the bundle, whose keeper outlives this.
class Composer {
 public:
  Composer() = default;  // leaves every text as it is

  // Reads and checks `tokenizer.pairs`, `combining`, `changed` and `changes` (engine/text/
  // tokenizer.h); without pairs, one that leaves every text as it is.
  static core::Result<Composer> from(const core::Bundle& bundle);

  // Whether a text is in that form already, as far as a glance tells: no character past U+02FF.
  bool leaves(std::string_view text) const;

  // `text` is valid UTF-8; so is the result.
  std::string operator()(std::string_view text) const;

 private:
  void decompose(char32_t c, std::u32string& to) const;
  void sort_marks(std::u32string& run) const;
  void compose(std::u32string& run) const;
  std::int32_t order_of(char32_t c) const;
  char32_t joined(char32_t first, char32_t second) const;

  CharChanges parts_;
  std::span<const std::int32_t> pairs_, combining_;  // three numbers each
};

}  // namespace linnet::text
