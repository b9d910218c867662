#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"

// Models of random weights, in the shapes that flags of `bench` say.
namespace linnet::tools {

// --shape: width, layers, heads, key and value heads, hidden width, vocabulary. Errors:
// bad_argument, if these are no such numbers; limit, if there is not the memory.
core::Result<Model> random_llama(const std::vector<int>& numbers, core::Dtype type);

// --seq2seq-shape: width, encoder layers, decoder layers, heads, hidden width, vocabulary.
core::Result<Model> random_translator(const std::vector<int>& numbers, core::Dtype type);

}  // namespace linnet::tools
