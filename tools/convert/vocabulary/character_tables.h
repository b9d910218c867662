#pragma once

#include <cstdint>
#include <string>
#include <vector>

// What a tokenizer knows of characters, from this build's Unicode tables, in the form of the
// settings (engine/text/tokenizer.h). For BERT, the library `tokenizers` itself has tables of
// Unicode 8: of the characters that are newer, some 500 marks and signs of rare scripts are
// punctuation, accents or control characters to us (and to BERT's own code in a new Python) but not
// to it.
namespace linnet::convert {

// How BERT reads a text.
struct BertText {
  bool clean = true;          // control characters go
  bool split_chinese = true;  // Chinese characters are words of their own
  bool lower = true;
  bool strip_accents = true;
};

// How ALBERT reads a text before SentencePiece's map: without accents means in the compatible
// decomposed form (NFKD) without marks.
struct AlbertText {
  bool quotes = false;  // two ` or two ' become one "
  bool lower = false;
  bool strip_accents = false;
};

// Characters, rising, and what each becomes.
struct Changes {
  std::vector<std::int32_t> changed;
  std::vector<std::string> changes;
};

// First and last character of each range, rising.
using Ranges = std::vector<std::int32_t>;

Ranges dropped_characters(const BertText& how);
Changes changed_characters(const BertText& how);
Ranges dropped_characters(const AlbertText& how);
Changes changed_characters(const AlbertText& how);
// Unicode's punctuation and ASCII's symbols.
Ranges word_marks();

// For the composed form (NFC).
Changes canonical_parts();
std::vector<std::int32_t> canonical_pairs();
std::vector<std::int32_t> combining_runs();

}  // namespace linnet::convert
