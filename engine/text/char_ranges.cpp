#include "engine/text/char_ranges.h"

#include <algorithm>

namespace linnet::text {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

Result<CharRanges> CharRanges::from(const core::Bundle& bundle, std::string_view name) {
  auto ends = bundle.get(name, std::span<const std::int32_t>{});
  if (!ends) return ends.error();
  if (ends->size() % 2 != 0)
    return Error{Fault::corrupt, say("the setting '", name, "' is not a list of ranges")};
  std::int32_t before = -1;
  for (std::size_t i = 0; i < ends->size(); i += 2) {
    const std::int32_t first = (*ends)[i], last = (*ends)[i + 1];
    if (first <= before || last < first || last > 0x10FFFF)
      return Error{Fault::corrupt,
                   say("the setting '", name, "' has a wrong range at ", first, " to ", last)};
    before = last;
  }
  CharRanges ranges;
  ranges.ends_ = *ends;
  return ranges;
}

bool CharRanges::has(char32_t c) const {
  const auto code = static_cast<std::int32_t>(c);
  const auto after = std::upper_bound(ends_.begin(), ends_.end(), code);
  const auto index = after - ends_.begin();
  return index % 2 == 1 || (index > 0 && ends_[static_cast<std::size_t>(index - 1)] == code);
}

}  // namespace linnet::text
