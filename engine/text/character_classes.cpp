#include "engine/text/character_classes.h"

namespace linnet::text {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

// Unicode 15, PropList.txt.
bool is_blank(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

Result<CharacterClasses> CharacterClasses::from(const core::Bundle& bundle) {
  CharacterClasses classes;
  for (const auto& [name, ranges, needed] :
       {std::tuple("tokenizer.letters", &classes.letters_, true),
        std::tuple("tokenizer.numbers", &classes.numbers_, true),
        std::tuple("tokenizer.punctuation", &classes.punctuation_, false)}) {
    auto read = CharRanges::from(bundle, name);
    if (!read) return read.error();
    if (needed && read->empty())
      return Error{Fault::corrupt, say("the setting '", name, "' is not a list of ranges")};
    *ranges = *read;
  }
  for (char32_t c = 0; c < kTable; ++c) classes.table_[c] = classes.search(c);
  return classes;
}

CharacterClasses::Class CharacterClasses::search(char32_t c) const {
  if (letters_.has(c)) return letter;
  if (numbers_.has(c)) return number;
  return is_blank(c) ? blank : other;
}

}  // namespace linnet::text
