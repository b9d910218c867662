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

  // `first`: no text or token came before `section`, which is not empty.
  bool before(std::string_view section, bool first) const {
    if (where == Where::nowhere || (where == Where::first_section && !first)) return false;
    return !(unless_blank && section.starts_with(' '));
  }
};

// A setting that is 0 or 1; 0 if it is absent.
core::Result<bool> read_flag(const core::Bundle& bundle, std::string_view name);

}  // namespace linnet::text
