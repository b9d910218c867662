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

  // The same for one text and for two with the type of each token (engine/text/framer.h): -1 stands
  // for the first text and -2 for the second. Empty where the file does not say.
  struct Form {
    std::vector<std::int64_t> ids;
    std::vector<std::int32_t> types;
  };
  Form single, pair;

  // From the whole of a tokenizer.json. Errors name the step: corrupt, unsupported.
  static core::Result<Frame> read(const Json& json, const std::string& file);
};

}  // namespace linnet::convert
