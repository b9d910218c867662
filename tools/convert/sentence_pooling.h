#pragma once

#include <string>

#include "engine/core/result.h"
#include "engine/model/spec.h"

namespace linnet::convert {

struct SentencePooling {
  model::Pooling pooling = model::Pooling::mean;
  bool unit_length = false;
};

// How sentence-transformers pools the hidden states of the model in that folder: what modules.json
// and the config.json of its pooling module say. A folder without modules.json: the mean. Errors:
// io, corrupt; unsupported, for modules and kinds of pooling that are not run here.
core::Result<SentencePooling> read_sentence_pooling(const std::string& folder);

}  // namespace linnet::convert
