#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"

// Vocabularies that are nothing but their tokens in the order of their ids.
namespace linnet::convert {

// The tokens of a file: a JSON list of texts (NAME.json), or one token in each line. Errors (io,
// corrupt, limit) name the file.
core::Result<std::vector<std::string>> read_tokens(const std::string& path);

// The lines of a text, without the ends of line of either kind.
std::vector<std::string> lines_of(std::string_view text);

// The ids of these tokens. An Error that begins with `file` names the first that is not there.
core::Result<std::vector<std::int32_t>> ids_of(const std::vector<std::string>& tokens,
                                               std::span<const std::string> wanted,
                                               const std::string& file);

}  // namespace linnet::convert
