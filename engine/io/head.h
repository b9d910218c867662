#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/io/format.h"

namespace linnet::io {

// What a file says about itself before its data. All views point into the file.
struct Head {
  std::vector<core::Setting> settings;  // sorted by name
  std::vector<TensorEntry> tensors;     // in file order
};

// Reads the head and checks everything that FORMAT.md demands of a file but the data of its
// tensors, which is not touched. `start` holds the file from its first byte on, at least to the end
// of the head, and is aligned to kDataAlignment; `file_bytes` is the true length of the file, and
// `file` its name in sentences. Time and memory are bounded by the length of the head.
core::Result<Head> parse_head(std::span<const std::byte> start, std::int64_t file_bytes,
                              std::string_view file);

}  // namespace linnet::io
