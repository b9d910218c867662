#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kernels/layout.h"

namespace linnet::core {

// How the numbers of a matrix are stored (kernels/layout.h). The values are those of the file.
//   i8   groups of 32 inputs with one bfloat16 scale each
//   i8h  the same with float16 scales, for integers that come from such a format
//   i4, i4h  the same with four-bit integers; their scales may be negative
enum class Dtype : std::uint8_t { f32 = 0, f16 = 1, i8 = 2, i8h = 3, i4 = 4, i4h = 5 };

constexpr std::string_view name_of(Dtype dtype) {
  constexpr std::string_view names[] = {"f32", "f16", "int8", "int8h", "int4", "int4h"};
  return names[static_cast<int>(dtype)];
}

// The type of that name.
constexpr std::optional<Dtype> type_named(std::string_view name) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f16, Dtype::i8, Dtype::i8h, Dtype::i4, Dtype::i4h})
    if (name_of(dtype) == name) return dtype;
  return std::nullopt;
}

// Integers in groups with a scale each.
constexpr bool grouped(Dtype dtype) { return dtype >= Dtype::i8; }
constexpr bool four_bits(Dtype dtype) { return dtype == Dtype::i4 || dtype == Dtype::i4h; }
constexpr bool has_half_scales(Dtype dtype) { return dtype == Dtype::i8h || dtype == Dtype::i4h; }
constexpr kernels::ScaleFormat scale_format(Dtype dtype) {
  return has_half_scales(dtype) ? kernels::ScaleFormat::f16 : kernels::ScaleFormat::bf16;
}
constexpr const kernels::GroupedLayout& layout_of(Dtype dtype) {
  return four_bits(dtype) ? kernels::kLayoutI4 : kernels::kLayoutI8;
}

// The bytes of one panel of kernels::kPanel rows.
constexpr std::int64_t panel_bytes(Dtype dtype, int in) {
  switch (dtype) {
    case Dtype::f32:
      return kernels::panel_bytes_f32(in);
    case Dtype::f16:
      return kernels::panel_bytes_f16(in);
    default:
      return layout_of(dtype).panel_bytes(in);
  }
}

// y = W x for W [out, in], stored as panels of kPanel output rows; rows past `out` are zero.
// A vector (norm gain, bias) is stored plainly: dtype f32, `out` == 1, `in` == its length, and
// `panels` points at `in` floats, not at a panel; which of the two a tensor is follows from its
// name (engine/model/tensors.h). Owns nothing: the bundle's mapping outlives it.
struct Weight {
  Dtype dtype = Dtype::f32;
  int out = 0, in = 0;                // true sizes; storage pads them
  const std::byte* panels = nullptr;  // kernels::kAlignment-aligned

  explicit operator bool() const { return panels != nullptr; }
  int panel_count() const { return kernels::panels_of(out); }
  std::int64_t panel_stride() const { return panel_bytes(dtype, in); }
  const std::byte* panel(int p) const { return panels + p * panel_stride(); }
};

// Activations quantised to int8 in tiles of kernels::kTile tokens (kernels/layout.h); made once per
// input and read by every projection of it. Owns nothing: a workspace does.
struct Rows8 {
  std::int8_t* data = nullptr;  // kernels::kAlignment-aligned
  float* scales = nullptr;
  std::int32_t* offsets = nullptr;  // -128 * the sum of the int8 values of each group
  int rows = 0, cols = 0;           // cols: true number of inputs

  // The rows from `first` on, a multiple of kernels::kTile.
  Rows8 from(int first) const {
    assert(first % kernels::kTile == 0 && first <= rows);
    const std::int64_t groups = std::int64_t{first} * kernels::groups_of(cols);
    return {data + groups * kernels::kGroup, scales + groups, offsets + groups, rows - first, cols};
  }
};

}  // namespace linnet::core
