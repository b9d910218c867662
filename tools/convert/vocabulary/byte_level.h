#pragma once

#include <string>
#include <vector>

#include "engine/core/result.h"
#include "tools/convert/vocabulary/parts.h"
#include "tools/convert/vocabulary/steps.h"

namespace linnet::convert {

// The pre-tokenizer of a model over bytes: `ByteLevel`, and what cuts words before and after it.
struct ByteLevel {
  std::vector<std::string> patterns;  // as the setting of that name; at least one
  bool prefixes = false;              // a blank is put before the text

  // Whether the steps are such a pre-tokenizer.
  static bool has(const Parts& steps);
  // Errors name the step or the expression: unsupported.
  static core::Result<ByteLevel> read(const Parts& steps, const Steps& reader);
};

}  // namespace linnet::convert
