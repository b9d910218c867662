#pragma once

#include <span>
#include <string>

#include "engine/core/result.h"

namespace linnet::tools {

// Writes the numbers as a NumPy file, version 1.0: float32, little-endian, [numbers / width,
// width]. Errors: io.
core::Status write_npy(const std::string& path, std::span<const float> numbers, int width);

}  // namespace linnet::tools
