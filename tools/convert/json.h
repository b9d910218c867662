#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/core/result.h"

// Other people's JSON, read with limits: the library's exceptions and habits end here.
namespace linnet::convert {

using Json = nlohmann::json;
using Event = nlohmann::ordered_json;  // of ours, fields in the order in which they were given

struct JsonLimits {
  std::int64_t bytes = 1 << 20;   // of text
  std::int64_t values = 1 << 16;  // of objects, lists, texts, numbers, ... in total
  int depth = 32;                 // of objects and lists in one another
};

// The object that `text` holds. Errors (corrupt or limit) begin with `file`: no JSON, bad UTF-8, a
// lone surrogate, a number out of range, a key twice in one object, no object at the top, or more
// than the limits allow. A byte order mark is skipped.
core::Result<Json> parse_json(std::string_view text, const std::string& file,
                              const JsonLimits& limits = {});

// `text` for a sentence: cut to some 60 bytes, with everything but printable ASCII replaced.
std::string shown(std::string_view text);

}  // namespace linnet::convert
