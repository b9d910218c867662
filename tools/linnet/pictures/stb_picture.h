#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "tools/linnet/pictures/picture.h"

namespace linnet::tools {

// The pixels of a PNG or JPEG that has been checked (check_png, check_jpeg) and has this size,
// decoded by stb_image. No buffer grows far beyond what a picture of this size needs, whatever the
// compressed data say, and none holds what was in memory before. Errors: corrupt, if the compressed
// data are damaged; limit, if there is not enough memory.
core::Result<Picture> decode_with_stb(std::span<const std::byte> bytes, int width, int height,
                                      const std::string& name);

}  // namespace linnet::tools
