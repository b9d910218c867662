#include "engine/text/char_changes.h"

#include <algorithm>

#include "engine/text/char_map.h"
#include "engine/text/utf8.h"

namespace linnet::text {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

namespace {

std::size_t bytes_of(std::int32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

}  // namespace

Result<CharChanges> CharChanges::from(const core::Bundle& bundle) {
  auto changed = bundle.get("tokenizer.changed", std::span<const std::int32_t>{});
  if (!changed) return changed.error();
  auto changes = bundle.get("tokenizer.changes", core::Strings{});
  if (!changes) return changes.error();
  if (changed->size() != changes->ends.size())
    return Error{Fault::corrupt, say("the tokenizer changes ", changed->size(),
                                     " characters but to ", changes->ends.size(), " texts")};
  std::int32_t before = -1;
  for (std::size_t i = 0; i < changed->size(); ++i) {
    const std::int32_t c = (*changed)[i];
    const std::string_view change = (*changes)[static_cast<int>(i)];
    if (c <= before || c > 0x10FFFF || change.size() > kMostGrowth * bytes_of(c) ||
        !is_utf8(change))
      return Error{Fault::corrupt, say("the tokenizer has a wrong change of character ", c)};
    before = c;
  }
  CharChanges all;
  all.changed_ = *changed;
  all.changes_ = *changes;
  return all;
}

std::optional<std::string_view> CharChanges::of(char32_t c) const {
  const auto code = static_cast<std::int32_t>(c);
  const auto found = std::lower_bound(changed_.begin(), changed_.end(), code);
  if (found == changed_.end() || *found != code) return std::nullopt;
  return changes_[static_cast<int>(found - changed_.begin())];
}

}  // namespace linnet::text
