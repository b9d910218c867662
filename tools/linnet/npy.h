#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/result.h"

namespace linnet::tools {

struct Npy {
  std::vector<std::int64_t> shape;  // at least one number, at most 64 MB of file
  std::vector<float> numbers;       // row by row
};

// Reads a NumPy file of float16, float32 or float64, little-endian. Errors name the file and the
// thing in it: io; bad_argument, if it is no NumPy file at all; corrupt, unsupported, limit.
core::Result<Npy> read_npy(const std::string& path);

// Whether a file begins as one; not if it cannot be read.
bool is_npy(const std::string& path);

// Writes the numbers as a NumPy file, version 1.0: float32, little-endian, [numbers / width,
// width]. Errors: io.
core::Status write_npy(const std::string& path, std::span<const float> numbers, int width);

}  // namespace linnet::tools
