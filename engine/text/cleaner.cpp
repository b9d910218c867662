#include "engine/text/cleaner.h"

#include "engine/text/blanks.h"
#include "engine/text/character_classes.h"
#include "engine/text/utf8.h"

namespace linnet::text {

using core::Result;

namespace {

// The blocks of Chinese characters as BERT lists them.
bool is_chinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
         (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

}  // namespace

Result<Cleaner> Cleaner::from(const core::Bundle& bundle) {
  auto edits = CharEdits::from(bundle);
  if (!edits) return edits.error();
  auto chinese = read_flag(bundle, "tokenizer.split_chinese");
  if (!chinese) return chinese.error();
  Cleaner cleaner;
  cleaner.edits_ = *edits;
  cleaner.split_chinese_ = *chinese;
  return cleaner;
}

std::string Cleaner::operator()(std::string_view section) const {
  std::string text;
  text.reserve(section.size());
  while (!section.empty()) {
    const Character c = first_character(section);
    const auto bytes = static_cast<std::size_t>(c.bytes);
    add(c.code, section.substr(0, bytes), text);
    section.remove_prefix(bytes);
  }
  return text;
}

void Cleaner::add(char32_t c, std::string_view bytes, std::string& text) const {
  // Three that are control characters too, but count as blanks.
  const bool white = c == '\t' || c == '\n' || c == '\r';
  if (!white && edits_.drops(c)) return;
  if (is_blank(c)) {
    text += ' ';
    return;
  }
  const bool chinese = split_chinese_ && is_chinese(c);
  if (chinese) text += ' ';
  edits_.add(c, bytes, text);
  if (chinese) text += ' ';
}

}  // namespace linnet::text
