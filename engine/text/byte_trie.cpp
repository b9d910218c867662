#include "engine/text/byte_trie.h"

#include <algorithm>

namespace linnet::text {

ByteTrie::ByteTrie(std::vector<Entry> entries) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.string != b.string ? a.string < b.string : a.value < b.value;
  });
  // The entries below a node: those that begin with the bytes that lead to it.
  struct Range {
    std::size_t first, last;
  };
  std::vector<Range> level, next;
  const auto add_children = [&](Range range, std::size_t depth) {
    while (range.first < range.last) {
      const char label = entries[range.first].string[depth];
      std::size_t end = range.first + 1;
      while (end < range.last && entries[end].string[depth] == label) ++end;
      labels_.push_back(static_cast<std::uint8_t>(label));
      next.push_back({range.first, end});
      range.first = end;
    }
  };

  add_children({0, entries.size()}, 0);
  for (std::size_t i = 0; i < labels_.size(); ++i)
    starting_[labels_[i]] = static_cast<std::int32_t>(i);
  for (std::size_t depth = 1; !next.empty(); ++depth) {
    level.swap(next);
    next.clear();
    for (Range range : level) {
      first_child_.push_back(static_cast<std::int32_t>(labels_.size()));
      const bool ends = entries[range.first].string.size() == depth;
      values_.push_back(ends ? entries[range.first].value : -1);
      while (range.first < range.last && entries[range.first].string.size() == depth) ++range.first;
      add_children(range, depth);
    }
  }
  first_child_.push_back(static_cast<std::int32_t>(labels_.size()));
}

std::int32_t ByteTrie::child(std::int32_t node, std::uint8_t label) const {
  const auto n = static_cast<std::size_t>(node);
  const auto first = labels_.begin() + first_child_[n];
  const auto last = labels_.begin() + first_child_[n + 1];
  const auto found = std::lower_bound(first, last, label);
  if (found == last || *found != label) return -1;
  return static_cast<std::int32_t>(found - labels_.begin());
}

}  // namespace linnet::text
