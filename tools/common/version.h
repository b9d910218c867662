#pragma once

#include <string_view>

namespace linnet::tools {

std::string_view version();  // of the project, as "0.1.0"
std::string_view commit();   // that was built; "unknown" outside of a repository

}  // namespace linnet::tools
