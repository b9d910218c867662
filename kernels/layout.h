#pragma once

#include <cstddef>
#include <cstdint>

// The one place that knows in which order numbers lie in a packed weight, in quantised activations
// and in a page of keys or values. The order is the same for every CPU, and it is the order of the
// weight file.
namespace linnet::kernels {

inline constexpr int kPanel = 16;      // output rows interleaved in one panel; lanes of a sum
inline constexpr int kQuad = 4;        // int8 inputs kept side by side: one dot step
inline constexpr int kGroup = 32;      // inputs that share one scale
inline constexpr int kBlock = 64;      // inputs of one block: two groups and their scales
inline constexpr int kTile = 4;        // tokens interleaved in one tile of quantised activations
inline constexpr int kPage = 16;       // positions in one page of keys or values
inline constexpr int kKeyBlock = 64;   // keys that attention visits between two rescalings
inline constexpr int kMaxHead = 512;   // widest attention head
inline constexpr int kAlignment = 64;  // of panels, pages and scratch buffers, in bytes

constexpr std::int64_t round_up(std::int64_t n, std::int64_t unit) {
  return (n + unit - 1) / unit * unit;
}
constexpr int panels_of(int out) { return (out + kPanel - 1) / kPanel; }
constexpr int groups_of(int in) { return (in + kGroup - 1) / kGroup; }

// f32 and f16 panel: [in][kPanel].
constexpr std::int64_t panel_bytes_f32(int in) { return std::int64_t{in} * kPanel * 4; }
constexpr std::int64_t panel_bytes_f16(int in) {
  return round_up(std::int64_t{in} * kPanel * 2, kAlignment);
}

// How 16-bit weight scales are coded.
enum class ScaleFormat : std::uint8_t { bf16, f16 };

// int8 and int4 panel: blocks of kBlock inputs, each
//   weights of two groups                        2 * 512 or 2 * 256 bytes
//   16-bit scales [kBlock / kGroup][kPanel]      64 bytes
// `in` is padded to whole groups with weights of value 0; if one group remains, a half block (one
// group and its scales, filled up with zeros to a multiple of kAlignment) ends the panel.
// Weights of a group:
//   int8   [kGroup / kQuad][kPanel][kQuad]
//   int4   [kGroup / kQuad / 2][kPanel][kQuad] bytes; byte i of step s holds weight 8 s + i in its
//          lower half and weight 8 s + 4 + i in its upper half, both plus kZero4
class GroupedLayout {
 public:
  constexpr explicit GroupedLayout(int bits) : group_bytes_(kPanel * kGroup * bits / 8) {}

  constexpr int group_bytes() const { return group_bytes_; }
  constexpr int block_bytes() const { return 2 * group_bytes_ + 2 * kScaleBytes; }
  constexpr std::int64_t panel_bytes(int in) const {
    const int groups = groups_of(in);
    return std::int64_t{groups / 2} * block_bytes() +
           (groups % 2) * round_up(group_bytes_ + kScaleBytes, kAlignment);
  }
  // Where in a panel the weights of group g begin.
  constexpr std::int64_t group_offset(int g) const {
    return std::int64_t{g / 2} * block_bytes() + (g % 2) * group_bytes_;
  }
  // Where the kPanel scales of group g begin; `groups` is the panel's number of groups.
  constexpr std::int64_t scale_offset(int g, int groups) const {
    const bool whole = g / 2 < groups / 2;
    return std::int64_t{g / 2} * block_bytes() + group_bytes_ * (whole ? 2 : 1) +
           (whole ? (g % 2) * kScaleBytes : 0);
  }

 private:
  static constexpr int kScaleBytes = kPanel * 2;  // of a group
  int group_bytes_;
};
inline constexpr GroupedLayout kLayoutI8(8), kLayoutI4(4);
inline constexpr int kZero4 = 8;  // int4 weights lie in [-8, 7] and are stored as [0, 15]

// Weight i of a row in a group that begins there.
constexpr int weight_i8(const std::byte* group, int row, int i) {
  return static_cast<std::int8_t>(group[(i / kQuad * kPanel + row) * kQuad + i % kQuad]);
}
constexpr int weight_i4(const std::byte* group, int row, int i) {
  const auto both =
      static_cast<unsigned>(group[(i / (2 * kQuad) * kPanel + row) * kQuad + i % kQuad]);
  return static_cast<int>(i / kQuad % 2 == 0 ? both & 15u : both >> 4) - kZero4;
}

// Quantised activations stand in tiles of kTile tokens; the last tile holds the width = m % kTile
// that remain. With G = groups_of(in), a tile is
//   int8  [G * kGroup / kQuad][width][kQuad],  float scales [G][width],  int32 offsets [G][width].
// Tile t begins at token t * kTile: data + t * kTile * G * kGroup, scales + t * kTile * G.

// One head's page of keys: [d_head][kPage], the transpose of a panel's reading order made for
// scores that come out 16 at a time. One head's page of values: [kPage][value_stride(d_head)].
// int8: behind the integers stand kPage floats, the scales of the positions; a key or value is its
// integers times its scale.
enum class PageType : std::uint8_t { f32, f16, int8 };
constexpr int value_stride(int d_head) { return static_cast<int>(round_up(d_head, kPanel)); }
constexpr int page_number_bytes(PageType type) {
  return type == PageType::f32 ? 4 : type == PageType::f16 ? 2 : 1;
}
// Bytes from an int8 page's first key or value to its scales.
constexpr std::int64_t key_scales_offset(int d_head) { return std::int64_t{d_head} * kPage; }
constexpr std::int64_t value_scales_offset(int d_head) {
  return std::int64_t{kPage} * value_stride(d_head);
}
// Bytes of one head's page of keys or values.
constexpr std::int64_t page_scales_bytes(PageType type) {
  return type == PageType::int8 ? kPage * std::int64_t{sizeof(float)} : 0;
}
constexpr std::int64_t key_page_bytes(PageType type, int d_head) {
  return std::int64_t{d_head} * kPage * page_number_bytes(type) + page_scales_bytes(type);
}
constexpr std::int64_t value_page_bytes(PageType type, int d_head) {
  return std::int64_t{kPage} * value_stride(d_head) * page_number_bytes(type) +
         page_scales_bytes(type);
}

}  // namespace linnet::kernels
