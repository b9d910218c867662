#pragma once

#include <string>
#include <string_view>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/char_map.h"

// Capitals as marks before small letters, as Marian's own SentencePiece writes them: "Ta" is A,
// "Uab" is AB up to what is no letter or to an L, and "A" begins three or more words of capitals,
// which end at an L, T or U.
namespace linnet::text {

// Sets the marks of a text. The character map of such a model makes "Ua" of A and "P." of a full
// stop, whatever stands around them.
class CapitalWriter {
 public:
  // What the map made of one character.
  void add(std::string_view piece);
  // What stays as it is, like a user-defined token.
  void add_plain(std::string_view piece);

  // The text so far, with its marks.
  std::string text() const;

 private:
  // Of each byte: 'U' begins a capital, 'u' goes on with it, 'p' punctuation, 's' a blank, 'l'
  // anything else.
  void add(std::string_view bytes, char first, char rest);
  bool has_capitals_in_a_row() const;
  std::size_t end_of_word(std::size_t at) const;
  bool ends_here(std::size_t at) const;
  std::size_t end_of_capitals(std::size_t at) const;

  std::string text_, kinds_;
};

// Makes capitals of marks and letters again, a character at a time. Allocates nothing.
class CapitalReader {
 public:
  // Appends what becomes of a whole character. `capitals` has the capital for "T" and "U" before a
  // letter.
  void add(std::string_view character, const CharMap& capitals, std::string& text);

 private:
  enum class Mode { small, one, word, words };
  Mode mode_ = Mode::small;
};

}  // namespace linnet::text
