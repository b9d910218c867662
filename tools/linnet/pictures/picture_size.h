#pragma once

#include <cstdint>
#include <string>

#include "engine/core/result.h"

namespace linnet::tools {

// The size that a picture file named `name` says it has, in pixels. Errors: corrupt, if there is
// no pixel; limit, beyond those of tools/linnet/pictures/picture.h.
core::Status check_picture_size(std::int64_t width, std::int64_t height, const std::string& name);

}  // namespace linnet::tools
