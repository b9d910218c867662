#pragma once

#include <string_view>

#include "engine/core/bundle.h"

namespace linnet::io {

// What is wrong with the values of a tensor or with its padding: the end of a sentence that begins
// with its name. Nothing if all is well.
std::string_view fault_of_values(const core::NamedWeight& tensor);

}  // namespace linnet::io
