#include "engine/text/capital_marks.h"

#include <algorithm>
#include <array>

#include "engine/text/utf8.h"

namespace linnet::text {
namespace {

// The marks, and what the map puts before capitals and punctuation.
constexpr char kMarkOne = 'T', kMarkWord = 'U', kMarkWords = 'A', kMarkSmall = 'L';
constexpr char kCapital = 'U', kPunct = 'P';

constexpr int kWordsInARow = 3;  // of capitals, that share one mark

}  // namespace

void CapitalWriter::add(std::string_view bytes, char first, char rest) {
  if (bytes.empty()) return;
  text_ += bytes;
  kinds_ += first;
  kinds_.append(bytes.size() - 1, rest);
}

void CapitalWriter::add(std::string_view piece) {
  if (piece.starts_with(kCapital))
    add(piece.substr(1), 'U', 'u');
  else if (piece.starts_with(kPunct))
    add(piece.substr(1), 'p', 'p');
  else if (piece.starts_with(' '))
    add(piece, 's', 's');
  else
    add_plain(piece);
}

void CapitalWriter::add_plain(std::string_view piece) { add(piece, 'l', 'l'); }

std::size_t CapitalWriter::end_of_word(std::size_t at) const {
  return std::min(kinds_.find_first_not_of("Uu", at), kinds_.size());
}

// Whether nothing but a blank or punctuation follows a word of capitals.
bool CapitalWriter::ends_here(std::size_t at) const {
  return at == kinds_.size() || kinds_[at] == 'p' || kinds_[at] == 's';
}

// Whether there are three words of capitals in a row anywhere; Marian looks for them only then. It
// counts a word at its second letter or at what follows its only one, so one that is the last
// letter of a text does not count. (Later versions of it miss a third word that ends the text or
// has one letter.)
bool CapitalWriter::has_capitals_in_a_row() const {
  int words = 0;
  for (std::size_t at = 0; at < kinds_.size();) {
    if (kinds_[at] != 'U') {
      if (kinds_[at++] == 'l') words = 0;
      continue;
    }
    const std::size_t end = end_of_word(at);
    const auto letters = std::count(kinds_.begin() + static_cast<std::ptrdiff_t>(at),
                                    kinds_.begin() + static_cast<std::ptrdiff_t>(end), 'U');
    if (letters > 1 || (end < kinds_.size() && kinds_[end] != 'l')) ++words;
    if (words >= kWordsInARow) return true;
    at = end;
  }
  return false;
}

// Where the words of capitals that begin here end, with what stands behind the last of them; 0 if
// they are too few.
std::size_t CapitalWriter::end_of_capitals(std::size_t at) const {
  std::size_t end = 0;
  for (int words = 1; at < kinds_.size() && kinds_[at] == 'U'; ++words) {
    at = end_of_word(at);
    if (!ends_here(at)) break;
    at = std::min(kinds_.find_first_not_of("ps", at), kinds_.size());
    if (words >= kWordsInARow) end = at;
  }
  return end;
}

std::string CapitalWriter::text() const {
  std::string marked;
  marked.reserve(text_.size() + text_.size() / 4);
  const bool in_a_row = has_capitals_in_a_row();
  for (std::size_t at = 0; at < text_.size();) {
    if (kinds_[at] != 'U') {
      marked += text_[at++];
      continue;
    }
    if (const std::size_t end = in_a_row ? end_of_capitals(at) : 0; end > 0) {
      marked += kMarkWords;
      marked.append(text_, at, end - at);
      at = end;
      if (at < text_.size() && kinds_[at] != 'U') marked += kMarkSmall;
      continue;
    }
    const std::size_t end = end_of_word(at);
    const bool one = kinds_.find('U', at + 1) >= end;
    marked += one ? kMarkOne : kMarkWord;
    marked.append(text_, at, end - at);
    at = end;
    if (!one && !ends_here(at)) marked += kMarkSmall;
  }
  return marked;
}

void CapitalReader::add(std::string_view character, const CharMap& capitals, std::string& text) {
  const Mode mode = mode_;
  if (character.size() == 1) {
    const char mark = character[0];
    mode_ = mark == kMarkOne     ? Mode::one
            : mark == kMarkWord  ? Mode::word
            : mark == kMarkWords ? Mode::words
                                 : Mode::small;
    if (mode_ != Mode::small || mark == kMarkSmall) return;
  }
  mode_ = mode;
  std::array<char, 1 + 4> marked{mode == Mode::one ? kMarkOne : kMarkWord};
  const std::size_t size = std::min<std::size_t>(character.size(), 4);
  std::copy_n(character.begin(), size, marked.begin() + 1);
  const CharMap::Match capital =
      mode == Mode::small ? CharMap::Match() : capitals.longest({marked.data(), size + 1});
  const bool found = capital.bytes == size + 1 && is_utf8(capital.replacement);
  if (mode == Mode::one || (mode == Mode::word && !found)) mode_ = Mode::small;
  if (mode == Mode::one && !found) text += kMarkOne;  // no mark, then
  text += found ? capital.replacement : character;
}

}  // namespace linnet::text
