#pragma once

#include <fstream>
#include <string>

namespace linnet::tools {

// The first word of a file, as those of /proc and /sys hold one; empty if there is none.
inline std::string first_word(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

}  // namespace linnet::tools
