#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "tools/linnet/pictures/big_endian.h"
#include "tools/linnet/pictures/jpeg_check.h"
#include "tools/linnet/pictures/picture.h"
#include "tools/linnet/pictures/png_check.h"

// Any bytes as a picture file. What is accepted has all of its pixels, and the same ones twice,
// whatever was in memory before. The checksums of a PNG are put right first: no input would get
// past them otherwise.

namespace {

std::vector<std::byte> with_checksums(const std::uint8_t* data, std::size_t size) {
  using namespace linnet::tools;
  const auto from = std::as_bytes(std::span(data, size));
  std::vector<std::byte> bytes(from.begin(), from.end());
  if (!is_png(bytes)) return bytes;
  for (std::size_t at = kPngSignature; bytes.size() - at >= 12;) {
    const std::size_t length = big32(bytes, at);
    if (length > bytes.size() - at - 12) break;
    const std::uint32_t crc = crc32(std::span(bytes).subspan(at + 4, 4 + length));
    for (int i = 0; i < 4; ++i)
      bytes[at + 8 + length + static_cast<std::size_t>(i)] =
          static_cast<std::byte>(crc >> (24 - 8 * i) & 0xFF);
    at += 12 + length;
  }
  return bytes;
}

// The head of a picture can ask for far more time than the picture has bytes.
bool is_small(std::span<const std::byte> bytes) {
  using namespace linnet::tools;
  constexpr std::int64_t kPixels = 1 << 16;
  if (is_png(bytes)) {
    const auto head = check_png(bytes, "fuzz");
    return !head || std::int64_t{head->width} * head->height <= kPixels;
  }
  if (is_jpeg(bytes)) {
    const auto head = check_jpeg(bytes, "fuzz");
    return !head || std::int64_t{head->width} * head->height <= kPixels;
  }
  return true;
}

// What is read without having been written, on the stack or the heap, is this byte from now on. (A
// sanitizer has a heap of its own, which mallopt does not reach.)
[[gnu::noinline]] void fill_memory(int byte) {
  volatile unsigned char stack[1 << 16];
  for (volatile unsigned char& place : stack) place = static_cast<unsigned char>(byte);
  mallopt(M_PERTURB, byte);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::byte> bytes = with_checksums(data, size);
  if (!is_small(bytes)) return 0;
  fill_memory(0x55);
  const auto picture = linnet::tools::parse_picture(bytes, "fuzz");
  if (!picture) {
    if (picture.error().sentence.find("fuzz") == std::string::npos) std::abort();
    return 0;
  }
  if (picture->width < 1 || picture->width > linnet::tools::kPictureSide || picture->height < 1 ||
      picture->height > linnet::tools::kPictureSide)
    std::abort();
  if (picture->rgb.size() !=
      3 * static_cast<std::size_t>(picture->width) * static_cast<std::size_t>(picture->height))
    std::abort();
  fill_memory(0xA6);
  const auto again = linnet::tools::parse_picture(bytes, "fuzz");
  if (!again || again->rgb != picture->rgb) std::abort();
  return 0;
}
