#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "engine/core/result.h"

// JPEG as far as it can be judged without decompressing: ITU-T T.81.
namespace linnet::tools {

// A picture that is sent in many passes takes the time of each to decode.
inline constexpr int kJpegScans = 100;
inline constexpr std::int64_t kJpegWork = std::int64_t{640} << 20;  // pixels of all scans

struct JpegHead {
  int width = 0, height = 0;  // within the limits of tools/linnet/pictures/picture.h
};

bool is_jpeg(std::span<const std::byte> bytes);

// Checks all segments up to the end of the picture: that they are whole, that there is one frame,
// of a kind that is supported (8 bits, Huffman codes, baseline or progressive, one or three
// components), that its scans use only tables which stand before them, that each component has a
// scan. The compressed pixels are not looked at. `bytes` are a whole file that is_jpeg. Errors: as
// those of read_picture.
core::Result<JpegHead> check_jpeg(std::span<const std::byte> bytes, const std::string& name);

}  // namespace linnet::tools
