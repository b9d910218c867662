#include "engine/text/char_edits.h"

#include "engine/text/blanks.h"
#include "engine/text/hangul.h"
#include "engine/text/utf8.h"

namespace linnet::text {

using core::Result;

Result<CharEdits> CharEdits::from(const core::Bundle& bundle) {
  auto dropped = CharRanges::from(bundle, "tokenizer.dropped");
  if (!dropped) return dropped.error();
  auto changes = CharChanges::from(bundle);
  if (!changes) return changes.error();
  auto hangul = read_flag(bundle, "tokenizer.split_hangul");
  if (!hangul) return hangul.error();
  CharEdits edits;
  edits.dropped_ = *dropped;
  edits.changes_ = *changes;
  edits.split_hangul_ = *hangul;
  return edits;
}

void CharEdits::add(char32_t c, std::string_view bytes, std::string& text) const {
  if (!split_hangul_ || !hangul::is_syllable(c)) {
    text += changes_.of(c).value_or(bytes);
    return;
  }
  const hangul::Letters letters = hangul::letters_of(c);
  append_character(text, letters.lead);
  append_character(text, letters.vowel);
  if (letters.tail != 0) append_character(text, letters.tail);
}

}  // namespace linnet::text
