#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/core/bundle.h"
#include "engine/core/result.h"

namespace linnet::text {

// Characters of some kind, from the model file, so that a model means the same on every machine
// whatever Unicode version it knows. The ranges stay where the bundle has them: its keeper outlives
// this.
class CharRanges {
 public:
  CharRanges() = default;  // no character

  // The setting `name`: first and last character of each range, in rising order; absent: none.
  static core::Result<CharRanges> from(const core::Bundle& bundle, std::string_view name);

  bool empty() const { return ends_.empty(); }
  bool has(char32_t c) const;

 private:
  std::span<const std::int32_t> ends_;
};

}  // namespace linnet::text
