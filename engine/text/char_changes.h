#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/core/bundle.h"
#include "engine/core/result.h"

namespace linnet::text {

// Single characters and the text that stands for them, such as "e" for "É". A view of the bundle,
// whose keeper outlives it.
class CharChanges {
 public:
  CharChanges() = default;  // changes nothing

  // Reads and checks `tokenizer.changed` and `tokenizer.changes` (engine/text/tokenizer.h).
  static core::Result<CharChanges> from(const core::Bundle& bundle);

  bool empty() const { return changed_.empty(); }
  // What c becomes, which may be empty; nothing where it stays.
  std::optional<std::string_view> of(char32_t c) const;

 private:
  std::span<const std::int32_t> changed_;
  core::Strings changes_;
};

}  // namespace linnet::text
