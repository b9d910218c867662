#pragma once

#include <optional>

#include "engine/core/result.h"
#include "tools/convert/convert.h"
#include "tools/convert/source_model.h"
#include "tools/convert/vocabulary/vocabulary.h"

namespace linnet::convert {

// What a model writes with, and what it reads with where that is something else.
struct Vocabularies {
  std::optional<Vocabulary> target, source;
};

// Those that the options name, or that stand beside the model; none if there are none. They are as
// large as the model's embeddings. Errors name the file: io, corrupt, unsupported, limit.
core::Result<Vocabularies> find_vocabularies(const Options& options, const SourceModel& model);

}  // namespace linnet::convert
