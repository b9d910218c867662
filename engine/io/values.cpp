#include "engine/io/values.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

namespace linnet::io {
namespace {

using core::Dtype;
using core::Weight;
using kernels::kGroup;
using kernels::kPanel;

constexpr std::string_view kNotFinite = "holds a NaN or an infinity";
constexpr std::string_view kBadScale = "has a scale that is NaN, infinite, negative or subnormal";
constexpr std::string_view kBadScale4 = "has a scale that is NaN, infinite or subnormal";
constexpr std::string_view kBadInteger = "holds the weight -128";
constexpr std::string_view kBadPadding = "has padding that is not zero";

template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

bool all_zero(const std::byte* from, std::int64_t bytes) {
  return std::all_of(from, from + bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

// Whether all of `count` numbers are finite; `exponent` are the bits of T that a NaN or an infinity
// has set.
template <class T>
bool all_finite(const std::byte* from, std::int64_t count, T exponent) {
  bool finite = true;
  for (std::int64_t i = 0; i < count; ++i)
    finite &= (load<T>(from + i * static_cast<std::int64_t>(sizeof(T))) & exponent) != exponent;
  return finite;
}

// Scales are finite, and those of int8 are not negative. A bfloat16 scale is also zero or normal:
// machines differ in how they multiply by a subnormal float. (A subnormal float16 is a normal
// float.)
bool good_scale(std::uint16_t bits, Dtype dtype) {
  const std::uint16_t magnitude = bits & 0x7fffu;
  if (!core::four_bits(dtype) && magnitude != bits) return false;
  if (core::has_half_scales(dtype)) return magnitude < 0x7c00;
  return magnitude == 0 || (magnitude >= 0x0080 && magnitude < 0x7f80);
}

// [in][kPanel] numbers of `size` bytes; the last rows of the last panel may be padding.
std::string_view fault_of_floats(const Weight& w, std::int64_t size) {
  const std::int64_t numbers = std::int64_t{w.in} * kPanel;
  for (int p = 0; p < w.panel_count(); ++p) {
    const std::byte* panel = w.panel(p);
    const bool finite = size == 4 ? all_finite<std::uint32_t>(panel, numbers, 0x7f800000)
                                  : all_finite<std::uint16_t>(panel, numbers, 0x7c00);
    if (!finite) return kNotFinite;
    const int rows = std::min(kPanel, w.out - p * kPanel);
    for (int i = 0; i < w.in && rows < kPanel; ++i)
      if (!all_zero(panel + (std::int64_t{i} * kPanel + rows) * size, (kPanel - rows) * size))
        return kBadPadding;
    if (!all_zero(panel + numbers * size, w.panel_stride() - numbers * size)) return kBadPadding;
  }
  return {};
}

int weight_of(const std::byte* group, Dtype dtype, int row, int i) {
  return core::four_bits(dtype) ? kernels::weight_i4(group, row, i)
                                : kernels::weight_i8(group, row, i);
}

// One group of one panel: kGroup x kPanel integers and kPanel scales, of which `rows` rows and
// `inputs` inputs are real.
std::string_view fault_of_group(const std::byte* integers, const std::byte* scales, Dtype dtype,
                                int rows, int inputs) {
  if (!core::four_bits(dtype) && std::find(integers, integers + kGroup * kPanel, std::byte{0x80}) !=
                                     integers + kGroup * kPanel)
    return kBadInteger;
  for (int r = 0; r < kPanel; ++r) {
    const auto scale = load<std::uint16_t>(scales + r * 2);
    if (!good_scale(scale, dtype)) return core::four_bits(dtype) ? kBadScale4 : kBadScale;
    if (r >= rows && scale != 0) return kBadPadding;
    for (int i = r < rows ? inputs : 0; i < kGroup; ++i)
      if (weight_of(integers, dtype, r, i) != 0) return kBadPadding;
  }
  return {};
}

std::string_view fault_of_integers(const Weight& w) {
  const kernels::GroupedLayout& layout = core::layout_of(w.dtype);
  const int groups = kernels::groups_of(w.in);
  for (int p = 0; p < w.panel_count(); ++p) {
    const int rows = std::min(kPanel, w.out - p * kPanel);
    for (int g = 0; g < groups; ++g) {
      const std::string_view fault = fault_of_group(
          w.panel(p) + layout.group_offset(g), w.panel(p) + layout.scale_offset(g, groups), w.dtype,
          rows, std::min(kGroup, w.in - g * kGroup));
      if (!fault.empty()) return fault;
    }
    const std::int64_t used = layout.scale_offset(groups - 1, groups) + kPanel * 2;
    if (!all_zero(w.panel(p) + used, w.panel_stride() - used)) return kBadPadding;
  }
  return {};
}

}  // namespace

std::string_view fault_of_values(const core::NamedWeight& tensor) {
  const Weight& w = tensor.weight;
  if (tensor.vector) {
    if (!all_finite<std::uint32_t>(w.panels, w.in, 0x7f800000)) return kNotFinite;
    const std::int64_t end = kernels::round_up(tensor.bytes, kernels::kAlignment);
    return all_zero(w.panels + tensor.bytes, end - tensor.bytes) ? "" : kBadPadding;
  }
  switch (w.dtype) {
    case Dtype::f32:
      return fault_of_floats(w, 4);
    case Dtype::f16:
      return fault_of_floats(w, 2);
    default:
      return fault_of_integers(w);
  }
}

}  // namespace linnet::io
