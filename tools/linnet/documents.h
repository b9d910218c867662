#pragma once

#include <string_view>
#include <vector>

namespace linnet::tools {

// The documents of a text: what lies between lines that are exactly `separator`, without the
// newlines at both ends. Empty ones are left out.
std::vector<std::string_view> documents_of(std::string_view text, std::string_view separator);

}  // namespace linnet::tools
