#pragma once

#include <span>
#include <string_view>

#include "engine/core/result.h"
#include "engine/text/hash_slots.h"
#include "engine/text/vocabulary.h"

namespace linnet::text {

// Finds the normal and user-defined tokens by what they spell. Of equal ones the first counts.
class TokenIndex {
 public:
  // `more`: further tokens, numbered on from the vocabulary's.
  static core::Result<TokenIndex> of(const Vocabulary& vocabulary, const core::Strings& more = {});
  // An id, or -1. `vocabulary` is the one that the index was made of.
  int find(const Vocabulary& vocabulary, std::string_view text) const {
    return find(vocabulary, text, hash_of(text));
  }
  // The longest token that `text` begins with, or -1. Time in proportion to the bytes of `text`.
  int longest(const Vocabulary& vocabulary, std::string_view text) const;

 private:
  int find(const Vocabulary& vocabulary, std::string_view text, std::uint32_t hash) const {
    return slots_.find(hash, [&](int id) { return token(vocabulary, id) == text; });
  }
  std::string_view token(const Vocabulary& vocabulary, int id) const {
    return vocabulary.has(id) ? vocabulary.piece(id) : more_[id - vocabulary.size()];
  }
  HashSlots slots_;
  core::Strings more_;
};

// One line of a table of merges, as the setting `tokenizer.merges` has them: two tokens that meet
// become a third. The number of the line is its rank: the first merge is done first.
struct Merge {
  std::int32_t left, right, merged;
};

// Merges by their two tokens. The table stays where the bundle has it: its keeper outlives this.
class MergeTable {
 public:
  // Checks that every merge spells the token that it makes.
  static core::Result<MergeTable> from(const core::Bundle& bundle, const Vocabulary& vocabulary);

  int size() const { return static_cast<int>(numbers_.size() / 3); }
  Merge operator[](int rank) const {
    const std::int32_t* line = numbers_.data() + 3 * static_cast<std::ptrdiff_t>(rank);
    return {line[0], line[1], line[2]};
  }
  // The rank of the merge of these two tokens, or -1.
  int find(int left, int right) const {
    return slots_.find(hash_of(static_cast<std::uint32_t>(left), static_cast<std::uint32_t>(right)),
                       [&](int rank) {
                         const Merge merge = (*this)[rank];
                         return merge.left == left && merge.right == right;
                       });
  }

 private:
  std::span<const std::int32_t> numbers_;  // three per merge
  HashSlots slots_;
};

}  // namespace linnet::text
