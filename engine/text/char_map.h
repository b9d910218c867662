#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/core/bundle.h"
#include "engine/core/result.h"

namespace linnet::text {

// How many times as long as itself a character or a string may become when it is replaced, in
// bytes, so that a file cannot make a text huge: Unicode's longest decomposition is 11 times as
// long.
inline constexpr std::size_t kMostGrowth = 16;

// The compiled normalization of SentencePiece: strings and what replaces them, such as "ﬁ" by "fi".
// Its bytes, the setting `tokenizer.char_map`:
//
//   u32  bytes of the trie, a multiple of 4; then the trie, an array of u32 units
//   the replacements, each ended by a zero byte
//
// The trie is a double array as Darts-clone writes it (S. Yata, darts.h, BSD): the offset of unit u
// is u >> 10, shifted left by 8 more if bit 9 is set; the child of node n for byte c is node n ^
// offset(n) ^ c, which must bear the label c (bits 0 to 7, with bit 31 clear); a node with bit 8
// set ends a string, and the number of that string's replacement, its place among the bytes of the
// replacements, is the unit n ^ offset(n) without bit 31.
//
// Immutable; a view of the bytes, whose keeper outlives it. The bytes may say anything: a place
// outside the trie is no child, one outside the replacements is found when the map is opened.
class CharMap {
 public:
  CharMap() = default;  // replaces nothing

  // Reads and checks that setting; absent: a map that replaces nothing.
  static core::Result<CharMap> from(const core::Bundle& bundle,
                                    std::string_view name = "tokenizer.char_map");
  // The same of the bytes. Errors: corrupt, with what is wrong.
  static core::Result<CharMap> of(std::span<const std::byte> bytes);

  bool empty() const { return units_ == nullptr; }

  // The longest string of the map that `text` begins with, of those with at most 256 bytes and a
  // replacement that is at most kMostGrowth times as long.
  struct Match {
    std::size_t bytes = 0;         // its length; 0: there is none
    std::string_view replacement;  // may be empty
  };
  Match longest(std::string_view text) const;

 private:
  std::uint32_t unit(std::size_t at) const;
  std::size_t child_base(std::size_t node) const;
  bool is_replacement(std::uint32_t value) const;

  const std::byte* units_ = nullptr;  // of four bytes each, little-endian, at any address
  std::size_t count_ = 0;
  std::string_view replacements_;
};

}  // namespace linnet::text
