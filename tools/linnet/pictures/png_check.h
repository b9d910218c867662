#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/result.h"

// PNG as far as it can be judged without decompressing: the third edition of its specification,
// https://www.w3.org/TR/png-3/.
namespace linnet::tools {

inline constexpr std::size_t kPngSignature = 8;  // bytes

struct PngHead {
  int width = 0, height = 0;  // within the limits of tools/linnet/pictures/picture.h
  bool palette = false;       // pixels are places in a palette
  // Of a palette: where the chunk PLTE begins in the file, and how many colours it has, 1 to 256.
  std::size_t palette_at = 0;
  int colors = 0;
};

bool is_png(std::span<const std::byte> bytes);

// Checks the order, the lengths and the checksums of all chunks up to the last one, and what the
// header says; not the compressed pixels. `bytes` are a whole file that is_png. Errors, as those of
// read_picture.
core::Result<PngHead> check_png(std::span<const std::byte> bytes, const std::string& name);

// The file with black for the colours that its palette lacks, so that it has 256 of them. The
// checksum of the chunk is left out of date. `head` is that of `bytes` and has a palette.
std::vector<std::byte> with_full_palette(std::span<const std::byte> bytes, const PngHead& head);

// CRC-32 as in PNG (ISO 3309).
std::uint32_t crc32(std::span<const std::byte> bytes);

}  // namespace linnet::tools
