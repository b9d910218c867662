#include "engine/text/token_index.h"

#include "engine/core/limits.h"

namespace linnet::text {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

Result<TokenIndex> TokenIndex::of(const Vocabulary& vocabulary, const core::Strings& more) {
  TokenIndex index;
  index.more_ = more;
  index.slots_ = HashSlots(vocabulary.size() + more.size());
  for (int id = 0; id < vocabulary.size() + more.size(); ++id) {
    const TokenType type = vocabulary.has(id) ? vocabulary.type(id) : TokenType::normal;
    if (type != TokenType::normal && type != TokenType::user_defined) continue;
    const std::string_view token = index.token(vocabulary, id);
    const auto same = [&](int other) { return index.token(vocabulary, other) == token; };
    if (!index.slots_.insert(hash_of(token), id, same))
      return Error{Fault::corrupt, "too many tokens of the tokenizer collide in a hash table"};
  }
  return index;
}

int TokenIndex::longest(const Vocabulary& vocabulary, std::string_view text) const {
  int found = -1;
  std::uint32_t hash = kNoBytes;
  for (std::size_t bytes = 1; bytes <= text.size(); ++bytes) {
    hash = with_byte(hash, text[bytes - 1]);
    const int id = find(vocabulary, text.substr(0, bytes), mixed(hash));
    if (id >= 0) found = id;
  }
  return found;
}

namespace {

Status check(const Merge& merge, int rank, const Vocabulary& vocabulary) {
  for (const std::int32_t id : {merge.left, merge.right, merge.merged})
    if (!vocabulary.has(id))
      return Error{Fault::corrupt, say("merge ", rank, " of the tokenizer names token ", id,
                                       ", outside the vocabulary of ", vocabulary.size())};
  const std::string_view whole = vocabulary.piece(merge.merged);
  const std::string_view left = vocabulary.piece(merge.left);
  const std::string_view right = vocabulary.piece(merge.right);
  // No empty halves: a merge must make text longer, or merging would not end.
  if (left.empty() || right.empty() || !whole.starts_with(left) ||
      whole.substr(left.size()) != right)
    return Error{Fault::corrupt,
                 say("merge ", rank, " of the tokenizer joins tokens ", merge.left, " and ",
                     merge.right, " to token ", merge.merged, ", which is not what they spell")};
  return Done{};
}

}  // namespace

Result<MergeTable> MergeTable::from(const core::Bundle& bundle, const Vocabulary& vocabulary) {
  auto numbers = bundle.get("tokenizer.merges", std::span<const std::int32_t>{});
  if (!numbers) return numbers.error();
  if (numbers->size() % 3 != 0)
    return Error{Fault::corrupt, say("the setting 'tokenizer.merges' has ", numbers->size(),
                                     " numbers, not three for each merge")};
  if (numbers->size() / 3 > static_cast<std::size_t>(core::limits::kMerges))
    return Error{Fault::corrupt, say("the tokenizer has ", numbers->size() / 3, " merges; at most ",
                                     core::limits::kMerges, " are allowed")};
  MergeTable table;
  table.numbers_ = *numbers;
  table.slots_ = HashSlots(table.size());
  for (int rank = 0; rank < table.size(); ++rank) {
    const Merge merge = table[rank];
    if (Status right = check(merge, rank, vocabulary); !right) return right.error();
    const auto same = [&](int other) {
      return table[other].left == merge.left && table[other].right == merge.right;
    };
    const auto hash =
        hash_of(static_cast<std::uint32_t>(merge.left), static_cast<std::uint32_t>(merge.right));
    if (!table.slots_.insert(hash, rank, same))
      return Error{Fault::corrupt, "too many merges of the tokenizer collide in a hash table"};
  }
  return table;
}

}  // namespace linnet::text
