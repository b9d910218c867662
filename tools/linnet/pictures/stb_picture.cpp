#include "tools/linnet/pictures/stb_picture.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace {

// Bytes that one buffer may have while a picture is decoded, and whether one was refused or could
// not be had.
struct Budget {
  std::size_t largest = 0;
  bool exceeded = false, exhausted = false;
};
thread_local Budget budget;

bool is_within(std::size_t size) {
  if (size > budget.largest) budget.exceeded = true;
  return size <= budget.largest;
}

void* counted(void* memory) {
  if (memory == nullptr) budget.exhausted = true;
  return memory;
}

// Zeroed, also where it grows, so that damaged data (a copy from distance 0) cannot show what was
// in memory before.
void* stb_malloc(std::size_t size) {
  return is_within(size) ? counted(std::calloc(1, size)) : nullptr;
}

void* stb_realloc(void* memory, std::size_t old_size, std::size_t size) {
  if (!is_within(size)) return nullptr;
  void* grown = counted(std::realloc(memory, size));
  if (grown != nullptr && size > old_size)
    std::memset(static_cast<char*>(grown) + old_size, 0, size - old_size);
  return grown;
}

}  // namespace

#define STBI_MALLOC(size) stb_malloc(size)
#define STBI_REALLOC_SIZED(memory, old_size, size) stb_realloc(memory, old_size, size)
#define STBI_FREE(memory) std::free(memory)
#define STBI_ASSERT(condition) static_cast<void>(0)  // files are judged, not asserted
#define STBI_MAX_DIMENSIONS 16384
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_FAILURE_STRINGS
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_NO_SIMD  // its transforms round otherwise
#define STBI_NO_STDIO
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace linnet::tools {
namespace {

static_assert(STBI_MAX_DIMENSIONS == kPictureSide);

// Buffers are doubled until all fits, pixels have up to four values of 16 bits, and JPEGs are
// decoded in blocks of up to 32 x 32 of them.
std::size_t largest_buffer(std::size_t file_bytes, std::int64_t width, std::int64_t height) {
  constexpr std::int64_t kBlock = 32, kPixelBytes = 8, kSmall = 1 << 16;  // the decoder's state
  return static_cast<std::size_t>(std::max({2 * kPixelBytes * (width + kBlock) * (height + kBlock),
                                            2 * static_cast<std::int64_t>(file_bytes), kSmall}));
}

}  // namespace

core::Result<Picture> decode_with_stb(std::span<const std::byte> bytes, int width, int height,
                                      const std::string& name) {
  budget = {largest_buffer(bytes.size(), width, height)};
  int across = 0, down = 0, values = 0;
  const std::unique_ptr<stbi_uc, void (*)(void*)> rgb(
      stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(bytes.data()),
                            static_cast<int>(bytes.size()), &across, &down, &values, 3),
      std::free);
  if (budget.exhausted)
    return core::Error{core::Fault::limit, name + ": there is not enough memory for its pixels"};
  if (rgb == nullptr || across != width || down != height)
    return core::Error{core::Fault::corrupt,
                       name + (budget.exceeded ? ": its compressed data are more than its pixels"
                                               : ": its compressed data are damaged")};
  const std::size_t count = 3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  return Picture{width, height, {rgb.get(), rgb.get() + count}};
}

}  // namespace linnet::tools
