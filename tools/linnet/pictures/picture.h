#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/limits.h"
#include "engine/core/result.h"

namespace linnet::tools {

// What a picture file may ask for. All of it is checked before memory is taken: while a PNG or JPEG
// is decoded, up to 16 bytes for each pixel.
using core::limits::kPictureBytes;
using core::limits::kPicturePixels;
using core::limits::kPictureSide;

// Colours as three bytes: red, green, blue; 0 to 255. A picture that was read has at least one
// pixel.
struct Picture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  // [height, width, 3]
};

// Reads a PNG, a JPEG, or a binary PPM or PGM (P6, P5) whose largest value is 255; the first bytes
// say which. The pixels are those of Pillow's Image.open(path).convert("RGB"): greys are repeated,
// palettes looked up (a colour that the palette lacks is black), of 16 bits the upper 8 are kept,
// transparency is dropped without blending, orientation tags and colour profiles are not followed.
// Greys of 16 bits, which Pillow cuts off at 255, are refused.
//
// The same bits on every machine. Those of a JPEG are not quite libjpeg's, which rounds otherwise:
// values differ by up to about 3, and where colours have half the width but the full height (4:2:2)
// the last column, or the one before, may have another colour. A JPEG carries no checksums: damage
// within its compressed data can pass as a picture. What follows the end of a picture is not
// looked at.
//
// Errors, naming the file and the thing in it: io, if it cannot be read; corrupt, if it is damaged
// or ends early; unsupported, for other formats and kinds; limit, beyond the sizes above.
core::Result<Picture> read_picture(const std::string& path);

// The same from the bytes of a file; `name` is what sentences call it.
core::Result<Picture> parse_picture(std::span<const std::byte> bytes, const std::string& name);

}  // namespace linnet::tools
