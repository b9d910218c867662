#pragma once

#include <cstdint>
#include <vector>

#include "engine/io/format.h"
#include "engine/io/head_reader.h"

namespace linnet::io {

// Reads and checks `count` lines of the table; names stay where they are in the file.
core::Result<std::vector<TensorEntry>> read_tensors(HeadReader& reader, std::uint32_t count);

// Whether the tensors lie one after the other, each at the first aligned place after the one before
// it, from the end of the head to the end of the file.
core::Status check_layout(const HeadReader& reader, const std::vector<TensorEntry>& tensors,
                          std::int64_t head_bytes, std::int64_t file_bytes);

}  // namespace linnet::io
