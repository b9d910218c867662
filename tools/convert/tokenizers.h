#pragma once

#include <optional>

#include "tools/convert/convert.h"
#include "tools/convert/source_model.h"
#include "tools/convert/vocabulary/vocabulary.h"

namespace linnet::convert {

// The tokenizers of a model; none if none was found.
struct Tokenizers {
  std::optional<Vocabulary> target;  // or the only one
  std::optional<Vocabulary> source;  // only if sources have their own
};

// What the options name, else what the model's folder has, as large as the model's vocabulary.
// Errors name the file.
core::Result<Tokenizers> find_tokenizers(const Options& options, const SourceModel& model);

// What stands around the sequences of an encoder-decoder: the family has said it, the tokenizer's
// file knows better what stands around a source, and the options know best. From then on it is the
// Spec that says it, and the tokenizers add nothing. Errors: bad_argument for tokens of options
// that are not there, and for a model without sources; corrupt.
core::Status set_sequences(const Options& options, Tokenizers& tokenizers, model::Spec& spec);

}  // namespace linnet::convert
