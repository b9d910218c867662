#include "tools/linnet/pictures/png_check.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "tools/linnet/pictures/big_endian.h"
#include "tools/linnet/pictures/picture_size.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::say;

constexpr std::string_view kSignature("\x89PNG\r\n\x1a\n", kPngSignature);
constexpr std::size_t kAround = 12;  // bytes of a chunk beside its data: length, type, checksum
constexpr std::size_t kPaletteBytes = 3 * 256;
constexpr std::uint32_t kPaletteColor = 3;

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest & 1) != 0 ? rest >> 1 ^ 0xEDB88320u : rest >> 1;
    table[byte] = rest;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> kCrcTable = make_crc_table();

struct Chunk {
  std::string_view type;
  std::size_t at = 0;  // where it begins in the file
  std::span<const std::byte> data;
};

// Whether there is this kind of colour, and it may have values of so many bits.
bool is_kind(std::uint32_t color, std::uint32_t depth) {
  if (color == 1 || color == 5 || color > 6) return false;
  if (depth == 8) return true;
  if (depth == 16) return color != kPaletteColor;
  return (depth == 1 || depth == 2 || depth == 4) && (color == 0 || color == kPaletteColor);
}

class PngWalk {
 public:
  PngWalk(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  core::Result<PngHead> run() {
    std::size_t at = kPngSignature;
    for (std::string_view type; type != "IEND";) {
      const core::Result<Chunk> chunk = chunk_at(at);
      if (!chunk) return chunk.error();
      type = chunk->type;
      if (const core::Status taken = take(*chunk); !taken) return taken.error();
      before_ = type;
      at += kAround + chunk->data.size();
    }
    if (!pixels_) return corrupt("has no pixels (no chunk IDAT)");
    return head_;
  }

 private:
  Error corrupt(std::string_view what) const { return {Fault::corrupt, say(name_, ": ", what)}; }
  Error corrupt(const Chunk& chunk, std::string_view what) const {
    return corrupt(say("the chunk ", chunk.type, " at byte ", chunk.at, " ", what));
  }

  core::Result<Chunk> chunk_at(std::size_t at) const {
    const std::size_t left = bytes_.size() - at;
    if (left < kAround || big32(bytes_, at) > left - kAround)
      return corrupt("this PNG ends before its last chunk");
    const std::size_t size = big32(bytes_, at);
    const auto typed = bytes_.subspan(at + 4, 4 + size);
    Chunk chunk{{reinterpret_cast<const char*>(typed.data()), 4}, at, typed.subspan(4)};
    for (const char c : chunk.type)
      if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z'))
        return corrupt(say("what stands at byte ", at, " is no chunk of a PNG"));
    if (crc32(typed) != big32(bytes_, at + 8 + size))
      return corrupt(chunk, "is damaged: its checksum is another");
    return chunk;
  }

  core::Status take(const Chunk& chunk) {
    const bool first = before_.empty();
    if (chunk.type == "CgBI")
      return Error{Fault::unsupported, name_ + ": this is Apple's PNG for telephones (CgBI)"};
    if (first != (chunk.type == "IHDR"))
      return corrupt(chunk, first ? "stands before the chunk IHDR" : "stands there once more");
    if (first) return take_head(chunk);
    if (chunk.type == "PLTE") return take_palette(chunk);
    if (chunk.type == "tRNS") return check_transparency(chunk);
    if (chunk.type == "IDAT") return take_pixels(chunk);
    if (chunk.type == "IEND" || (chunk.type[0] & 0x20) != 0) return core::Done{};
    return Error{Fault::unsupported,
                 say(name_, ": the chunk ", chunk.type, " of this PNG is not known")};
  }

  core::Status take_head(const Chunk& chunk) {
    if (chunk.data.size() != 13) return corrupt(chunk, "has the wrong length");
    const core::Status size = check_picture_size(big32(chunk.data, 0), big32(chunk.data, 4), name_);
    if (!size) return size.error();
    const std::uint32_t depth = byte_at(chunk.data, 8), color = byte_at(chunk.data, 9);
    if (!is_kind(color, depth))
      return corrupt(chunk, say("asks for colours of kind ", color, " with ", depth, " bits"));
    if (byte_at(chunk.data, 10) != 0 || byte_at(chunk.data, 11) != 0)
      return corrupt(chunk, "asks for an unknown compression");
    if (byte_at(chunk.data, 12) > 1) return corrupt(chunk, "asks for an unknown order of pixels");
    if (color == 0 && depth == 16)
      return Error{Fault::unsupported, name_ + ": greys of 16 bits are not supported"};
    head_.width = static_cast<int>(big32(chunk.data, 0));
    head_.height = static_cast<int>(big32(chunk.data, 4));
    head_.palette = color == kPaletteColor;
    color_ = color;
    return core::Done{};
  }

  core::Status take_palette(const Chunk& chunk) {
    const std::size_t size = chunk.data.size();
    if (size == 0 || size % 3 != 0 || size > kPaletteBytes)
      return corrupt(chunk, "has the wrong length");
    if (pixels_ || head_.palette_at != 0) return corrupt(chunk, "stands in the wrong place");
    head_.palette_at = chunk.at;
    head_.colors = static_cast<int>(size / 3);
    return core::Done{};
  }

  // Which colour is transparent, or how much each of a palette: not used, and still to be right.
  core::Status check_transparency(const Chunk& chunk) const {
    const std::size_t size = chunk.data.size();
    const std::size_t one = color_ == 0 ? 2 : color_ == 2 ? 6 : 0;
    const bool fits = head_.palette ? size <= static_cast<std::size_t>(head_.colors) : size == one;
    if (!fits || size == 0) return corrupt(chunk, "has the wrong length");
    if (pixels_) return corrupt(chunk, "stands in the wrong place");
    return core::Done{};
  }

  core::Status take_pixels(const Chunk& chunk) {
    if (head_.palette && head_.palette_at == 0)
      return corrupt(chunk, "needs a palette (PLTE) before it");
    if (pixels_ && before_ != "IDAT") return corrupt(chunk, "stands apart from those before it");
    pixels_ = true;
    return core::Done{};
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
  PngHead head_;
  std::uint32_t color_ = 0;  // the kind of colours
  std::string_view before_;  // the type of the last chunk
  bool pixels_ = false;      // a chunk of them has been seen
};

}  // namespace

std::uint32_t crc32(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::byte byte : bytes)
    crc = kCrcTable[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFF] ^ crc >> 8;
  return ~crc;
}

bool is_png(std::span<const std::byte> bytes) {
  return bytes.size() >= kPngSignature &&
         std::string_view(reinterpret_cast<const char*>(bytes.data()), kPngSignature) == kSignature;
}

core::Result<PngHead> check_png(std::span<const std::byte> bytes, const std::string& name) {
  return PngWalk(bytes, name).run();
}

std::vector<std::byte> with_full_palette(std::span<const std::byte> bytes, const PngHead& head) {
  const std::size_t begin = head.palette_at + 8, colors = 3 * static_cast<std::size_t>(head.colors);
  std::vector<std::byte> full(bytes.size() + kPaletteBytes - colors);
  const auto rest = std::copy_n(bytes.begin(), begin + colors, full.begin());
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(begin + colors), bytes.end(),
            rest + static_cast<std::ptrdiff_t>(kPaletteBytes - colors));
  full[begin - 6] = std::byte{kPaletteBytes >> 8};
  full[begin - 5] = std::byte{kPaletteBytes & 0xFF};
  return full;
}

}  // namespace linnet::tools
