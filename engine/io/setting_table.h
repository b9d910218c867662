#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/io/head_reader.h"

namespace linnet::io {

// Reads and checks `count` settings; the values stay where they are in the file.
core::Result<std::vector<core::Setting>> read_settings(HeadReader& reader, std::uint32_t count);

}  // namespace linnet::io
