#pragma once

#include <filesystem>
#include <string>
#include <system_error>

namespace linnet::convert {

// Whether a folder has a file of that name. What cannot be looked at is not there; who needs it
// says so when it opens it.
inline bool has_file(const std::string& folder, const std::string& name) {
  std::error_code code;
  return std::filesystem::exists(std::filesystem::path(folder) / name, code);
}

}  // namespace linnet::convert
