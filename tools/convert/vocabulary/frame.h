#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "tools/convert/json.h"

namespace linnet::convert {

// What the post-processor of a tokenizer.json puts around every text: numbers of tokens, as the
// file has them, not compared with the vocabulary.
struct Frame {
  std::vector<std::uint64_t> begin, end;

  // From the whole of a tokenizer.json. Errors name the step: corrupt, unsupported.
  static core::Result<Frame> read(const Json& json, const std::string& file);
};

}  // namespace linnet::convert
