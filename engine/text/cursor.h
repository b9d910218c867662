#pragma once

#include <cstddef>
#include <string_view>

#include "engine/text/character_classes.h"
#include "engine/text/utf8.h"

namespace linnet::text {

// A place in a text, one character at a time.
class Cursor {
 public:
  using Class = CharacterClasses::Class;

  Cursor(const CharacterClasses& classes, std::string_view text) : classes_(&classes), text_(text) {
    look();
  }
  bool at_end() const { return bytes_ == 0; }
  char32_t code() const { return code_; }
  // Of the character here; false at the end of the text whatever is asked.
  bool is(Class c) const { return !at_end() && class_ == c; }
  bool is_newline() const { return !at_end() && (code_ == '\r' || code_ == '\n'); }
  bool is_punctuation() const { return !at_end() && classes_->is_punctuation(code_); }
  std::size_t place() const { return place_; }
  void step() {
    place_ += bytes_;
    look();
  }
  void skip(Class c) {
    while (is(c)) step();
  }
  void skip_newlines() {
    while (is_newline()) step();
  }

 private:
  void look() {
    if (place_ == text_.size()) {
      bytes_ = 0;
      return;
    }
    const Character c = first_character(text_.substr(place_));
    code_ = c.code;
    bytes_ = static_cast<std::size_t>(c.bytes);
    class_ = (*classes_)(c.code);
  }

  const CharacterClasses* classes_;
  std::string_view text_;
  std::size_t place_ = 0, bytes_ = 0;
  char32_t code_ = 0;
  Class class_ = CharacterClasses::other;
};

}  // namespace linnet::text
