#pragma once

#include <cstdint>
#include <string>

namespace linnet::tools {

// The bytes of the last level of caches, all of that level together; 0 if the system does not tell.
// `root` is put before every path.
std::int64_t last_level_cache(const std::string& root = "");

}  // namespace linnet::tools
