#pragma once

#include <string>

#include "tools/convert/json.h"

namespace linnet::convert {

// The object in that file. Errors: io, and those of parse_json().
core::Result<Json> read_json(const std::string& path, const JsonLimits& limits = {});
// The same of a file that holds a list: an object whose field "list" that is.
core::Result<Json> read_json_list(const std::string& path, const JsonLimits& limits = {});

}  // namespace linnet::convert
