#pragma once

#include <string_view>

#include "engine/core/mat.h"
#include "engine/core/result.h"
#include "engine/text/tokenizer.h"

// What commands do with the numbers and words that a model answers with.
namespace linnet::tools {

// The error for answers that are not numbers.
core::Error not_numbers();
// Whether all of x are finite. Errors: that one.
core::Status check_finite(core::Mat x);

// A token as it is written where it stands alone: without the blank before it.
std::string_view word_of(const text::Tokenizer& tokenizer, int id);

}  // namespace linnet::tools
