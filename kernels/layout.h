#pragma once

#include <cstdint>

// The one place that knows in which order numbers lie in a packed weight, in quantised activations
// and in a page of keys or values. The order is the same for every CPU, and it is the order of the
// weight file.
namespace linnet::kernels {

inline constexpr int kPanel = 16;      // output rows interleaved in one panel; lanes of a sum
inline constexpr int kQuad = 4;        // int8 inputs kept side by side: one dot step
inline constexpr int kGroup = 32;      // inputs that share one scale
inline constexpr int kBlock = 64;      // inputs of one int8 block: two groups and their scales
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

// int8 panel: blocks of kBlock inputs, each
//   int8  [kBlock / kQuad][kPanel][kQuad]     1024 bytes
//   16-bit scales [kBlock / kGroup][kPanel]     64 bytes
// `in` is padded with zeros to whole groups; if one group remains, a half block (512 + 32 bytes,
// padded to a multiple of kAlignment) ends the panel.
inline constexpr int kBlockBytes = kPanel * kBlock + kPanel * (kBlock / kGroup) * 2;
inline constexpr int kHalfBlockBytes =
    static_cast<int>(round_up(kPanel * kGroup + kPanel * 2, kAlignment));
constexpr std::int64_t panel_bytes_i8(int in) {
  const int groups = groups_of(in);
  return std::int64_t{groups / 2} * kBlockBytes + (groups % 2) * kHalfBlockBytes;
}
// Where in an int8 panel the weights of group g begin: int8 [kGroup / kQuad][kPanel][kQuad].
constexpr std::int64_t group_offset_i8(int g) {
  return std::int64_t{g / 2} * kBlockBytes + (g % 2) * (kPanel * kGroup);
}
// Where the kPanel 16-bit scales of group g begin; `groups` is the panel's number of groups.
constexpr std::int64_t scale_offset_i8(int g, int groups) {
  const bool whole = g / 2 < groups / 2;
  return std::int64_t{g / 2} * kBlockBytes + kPanel * kGroup * (whole ? 2 : 1) +
         (whole ? (g % 2) * kPanel * 2 : 0);
}

// Quantised activations stand in tiles of kTile tokens; the last tile holds the width = m % kTile
// that remain. With G = groups_of(in), a tile is
//   int8  [G * kGroup / kQuad][width][kQuad],  float scales [G][width],  int32 offsets [G][width].
// Tile t begins at token t * kTile: data + t * kTile * G * kGroup, scales + t * kTile * G.

// One head's page of keys: [d_head][kPage], the transpose of a panel's reading order made for
// scores that come out 16 at a time. One head's page of values: [kPage][value_stride(d_head)].
constexpr int value_stride(int d_head) { return static_cast<int>(round_up(d_head, kPanel)); }

}  // namespace linnet::kernels
