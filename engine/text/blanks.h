#pragma once

#include <string_view>

#include "engine/core/bundle.h"
#include "engine/core/result.h"

namespace linnet::text {

// Whether a blank is put before the text, so that a word at its start looks like any other word.
struct Prefix {
  enum class Where { nowhere, first_section, every_section };
  Where where = Where::nowhere;
  bool unless_blank = false;  // not before a section that begins with a blank

  // Reads and checks `tokenizer.prefix` and `tokenizer.prefix_unless_blank`.
  static core::Result<Prefix> from(const core::Bundle& bundle);

  // `first`: no text or token came before the section.
  bool applies(bool first) const {
    return where == Where::every_section || (where == Where::first_section && first);
  }
  // `section` is not empty.
  bool before(std::string_view section, bool first) const {
    return applies(first) && !(unless_blank && section.starts_with(' '));
  }
};

// Where a normalised text, whose blanks are ' ', can be cut into parts that are encoded one by one.
class WordCuts {
 public:
  WordCuts() = default;
  // `split`: every blank begins a part. `apart`: no token has a blank after something else, so that
  // no token reaches across the start of a word; then a word and the blanks before it are a part.
  WordCuts(bool split, bool apart) : split_(split), apart_(apart) {}

  // Where the part that begins at `from` ends.
  std::size_t end(std::string_view text, std::size_t from) const;
  bool split() const { return split_; }

  // Whether `token` has a blank after something else.
  static bool spans_words(std::string_view token);

 private:
  bool split_ = false, apart_ = false;
};

// SentencePiece's sign for a blank, U+2581; in a text it counts as one.
inline constexpr std::string_view kBlankSign = "\xE2\x96\x81";

// Without what Unicode counts as blanks on that side.
std::string_view without_blanks_before(std::string_view text);
std::string_view without_blanks_after(std::string_view text);

// A setting that is 0 or 1; 0 if it is absent.
core::Result<bool> read_flag(const core::Bundle& bundle, std::string_view name);

}  // namespace linnet::text
