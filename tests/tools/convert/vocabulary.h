#pragma once

#include <doctest/doctest.h>

#include <string>

#include "tests/support/scratch.h"
#include "tools/convert/vocabulary/vocabulary.h"

namespace linnet::support {

// Tokenizers of tests/golden/make_tokenizer_golden.py.
inline const std::string kTokenizers = LINNET_SOURCE_DIR "/tests/golden/tokenizer/";

// The sentence of a vocabulary that is refused.
inline std::string refusal(const core::Result<convert::Vocabulary>& vocabulary, core::Fault fault) {
  REQUIRE_FALSE(vocabulary);
  CHECK(static_cast<int>(vocabulary.error().fault) == static_cast<int>(fault));
  return vocabulary.error().sentence;
}

inline constexpr const char* kNotSupported = ", which this version does not support";

}  // namespace linnet::support
