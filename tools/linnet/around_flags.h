#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "tools/common/declare.h"

namespace linnet::tools {

// The token whose text is exactly `text`, or the tokens that it is spelled with. Errors:
// bad_argument, with the flag that gives it, if the vocabulary lacks it.
core::Result<std::vector<int>> spelled_tokens(const char* flag, const std::string& text,
                                              const text::Tokenizer& tokenizer);

// What stands around sources and targets of an encoder-decoder, where a user wants something else
// than the model file says: the languages of a multilingual model.
struct AroundFlags {
  std::vector<std::string> source_begin, target_begin;

  void declare(Flags& flags);

  // For a model that has both tokenizers. Errors: bad_argument,
  // with the flag, for what is neither one token nor its number.
  core::Result<model::Sequences> of(const Model& model) const;
};

}  // namespace linnet::tools
