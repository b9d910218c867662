#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "tools/linnet/pictures/picture.h"

namespace linnet::tools {

// Whether a file begins as a Netpbm picture: P1 to P7.
bool is_netpbm(std::span<const std::byte> bytes);

// A binary PPM or PGM (https://netpbm.sourceforge.net/doc/ppm.html) whose largest value is 255.
// `bytes` are a whole file that is_netpbm. Errors: as those of read_picture.
core::Result<Picture> parse_netpbm(std::span<const std::byte> bytes, const std::string& name);

}  // namespace linnet::tools
