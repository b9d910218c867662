#include "kernels/pack.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace linnet::kernels {
namespace {

std::uint16_t* scale_of(std::byte* panel, const GroupedLayout& layout, int row, int g, int groups) {
  return reinterpret_cast<std::uint16_t*>(panel + layout.scale_offset(g, groups)) + row;
}

void put_i8(std::byte* group, int row, int i, int q) {
  group[(i / kQuad * kPanel + row) * kQuad + i % kQuad] = static_cast<std::byte>(q);
}
void put_i4(std::byte* group, int row, int i, int q) {
  std::byte& both = group[(i / (2 * kQuad) * kPanel + row) * kQuad + i % kQuad];
  const auto half = static_cast<std::byte>(q + kZero4);
  both =
      i / kQuad % 2 == 0 ? (both & std::byte{0xf0}) | half : (both & std::byte{0x0f}) | half << 4;
}

void clear(std::byte* panel, std::int64_t bytes) {
  std::memset(panel, 0, static_cast<std::size_t>(bytes));
}

// All weights and scales 0.
void clear_i4(std::byte* panel, int in) {
  clear(panel, kLayoutI4.panel_bytes(in));
  for (int g = 0; g < groups_of(in); ++g)
    std::memset(panel + kLayoutI4.group_offset(g), kZero4 << 4 | kZero4,
                static_cast<std::size_t>(kLayoutI4.group_bytes()));
}

void add(QuantizationError& error, float given, float q, float scale) {
  const double difference = double{given} - double{q} * double{scale};
  error.squared += difference * difference;
  error.squared_total += double{given} * double{given};
  error.largest = std::max(error.largest, std::fabs(difference));
}

// The int8 scale of a group whose largest magnitude is `top`.
std::uint16_t scale_for(float top) {
  const float scale = top / 127;
  return scale < std::numeric_limits<float>::min() ? std::uint16_t{0} : to_bf16_up(scale);
}

void pack_group_i8(std::byte* panel, const float* x, int count, int row, int g, int groups,
                   QuantizationError& error) {
  float top = 0.0f;
  for (int i = 0; i < count; ++i) top = std::max(top, std::fabs(x[i]));
  const std::uint16_t bits = scale_for(top);
  const float scale = from_bf16(bits);
  *scale_of(panel, kLayoutI8, row, g, groups) = bits;
  for (int i = 0; i < count; ++i) {
    const float q = bits == 0 ? 0.0f : std::clamp(std::nearbyint(x[i] / scale), -127.0f, 127.0f);
    put_i8(panel + kLayoutI8.group_offset(g), row, i, static_cast<int>(q));
    add(error, x[i], q, scale);
  }
}

float int4_of(float x, float scale) { return std::clamp(std::nearbyint(x / scale), -8.0f, 7.0f); }

// Where the value of largest magnitude is tried to come to lie.
constexpr float kPlaces4[] = {-7.0f,  -7.25f, -7.5f, -7.75f, -8.0f, -8.25f, -8.5f,
                              -8.75f, -9.0f,  6.5f,  7.0f,   7.25f, 7.5f,   8.0f};

// The int4 scale for these values; 0 if they are too small for one.
std::uint16_t scale_for_i4(const float* x, int count) {
  float top = 0.0f;
  for (int i = 0; i < count; ++i)
    if (std::fabs(x[i]) > std::fabs(top)) top = x[i];
  if (std::fabs(top) < 16 * std::numeric_limits<float>::min()) return 0;
  std::uint16_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (const float place : kPlaces4) {
    double products = 0, squares = 0;
    for (int i = 0; i < count; ++i) {
      const double q = int4_of(x[i], top / place);
      products += double{x[i]} * q;
      squares += q * q;
    }
    const std::uint16_t bits = to_bf16(static_cast<float>(products / squares));
    QuantizationError error;
    for (int i = 0; i < count; ++i)
      add(error, x[i], int4_of(x[i], from_bf16(bits)), from_bf16(bits));
    if (error.squared >= least) continue;
    least = error.squared;
    best = bits;
  }
  return best;
}

void pack_group_i4(std::byte* panel, const float* x, int count, int row, int g, int groups,
                   QuantizationError& error) {
  const std::uint16_t bits = scale_for_i4(x, count);
  const float scale = from_bf16(bits);
  *scale_of(panel, kLayoutI4, row, g, groups) = bits;
  for (int i = 0; i < count; ++i) {
    const float q = bits == 0 ? 0.0f : int4_of(x[i], scale);
    put_i4(panel + kLayoutI4.group_offset(g), row, i, static_cast<int>(q));
    add(error, x[i], q, scale);
  }
}

template <class PackGroup>
void pack_groups(std::byte* panel, const float* rows, int row_count, int in,
                 QuantizationError& error, const PackGroup& pack_group) {
  const int groups = groups_of(in);
  for (int row = 0; row < row_count; ++row)
    for (int g = 0; g < groups; ++g)
      pack_group(panel, rows + std::int64_t{row} * in + g * kGroup,
                 std::min(kGroup, in - g * kGroup), row, g, groups, error);
}

template <class Put>
void pack_exact(std::byte* panel, const GroupedLayout& layout, const std::int8_t* rows,
                const std::uint16_t* scales, int row_count, int in, const Put& put) {
  const int groups = groups_of(in);
  for (int row = 0; row < row_count; ++row) {
    for (int i = 0; i < in; ++i)
      put(panel + layout.group_offset(i / kGroup), row, i % kGroup,
          rows[std::int64_t{row} * in + i]);
    for (int g = 0; g < groups; ++g)
      *scale_of(panel, layout, row, g, groups) = scales[std::int64_t{row} * groups + g];
  }
}

template <class WeightOf>
void unpack_row(float* y, const std::byte* panels, const GroupedLayout& layout, ScaleFormat format,
                int row, int in, const WeightOf& weight_of) {
  const std::byte* panel = panels + row / kPanel * layout.panel_bytes(in);
  const int groups = groups_of(in);
  for (int g = 0; g < groups; ++g) {
    std::uint16_t bits;
    std::memcpy(&bits, panel + layout.scale_offset(g, groups) + row % kPanel * 2, sizeof bits);
    const float scale = format == ScaleFormat::bf16 ? from_bf16(bits) : from_f16(bits);
    for (int i = 0; i < std::min(kGroup, in - g * kGroup); ++i)
      y[g * kGroup + i] =
          static_cast<float>(weight_of(panel + layout.group_offset(g), row % kPanel, i)) * scale;
  }
}

}  // namespace

std::uint16_t to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  const auto signed_half = [sign](std::uint32_t half) {
    return static_cast<std::uint16_t>(sign | half);
  };
  if (magnitude > 0x7f800000u) return signed_half(0x7e00u | (magnitude >> 13 & 0x1ffu));
  if (magnitude >= 0x477ff000u) return signed_half(0x7c00u);  // 65520 and above: infinity
  if (magnitude >= 0x38800000u) {                             // 2^-14: normal
    const std::uint32_t odd = magnitude >> 13 & 1u;
    return signed_half((magnitude - 0x38000000u + 0xfffu + odd) >> 13);
  }
  if (magnitude <= 0x33000000u) return signed_half(0);  // 2^-25 ties with zero
  // Subnormal: units of 2^-24.
  const std::uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u;
  const std::uint32_t shift = 126 - (magnitude >> 23);
  const std::uint32_t odd = mantissa >> shift & 1u;
  return signed_half((mantissa + (1u << (shift - 1)) - 1 + odd) >> shift);
}

float from_f16(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000u) << 16, exponent = bits >> 10 & 0x1fu;
  std::uint32_t mantissa = bits & 0x3ffu;
  const auto make = [sign](std::uint32_t magnitude) {
    return std::bit_cast<float>(sign | magnitude);
  };
  if (exponent == 31) return make(0x7f800000u | mantissa << 13 | (mantissa != 0 ? 0x400000u : 0u));
  if (exponent != 0) return make((exponent + 112) << 23 | mantissa << 13);
  if (mantissa == 0) return make(0);
  // Subnormal: mantissa * 2^-24, brought to 1.xxx.
  const auto shift = static_cast<std::uint32_t>(std::countl_zero(mantissa)) - 21;
  mantissa = mantissa << shift & 0x3ffu;
  return make((113 - shift) << 23 | mantissa << 13);
}

float from_bf16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

std::uint16_t to_bf16_up(float value) {
  return static_cast<std::uint16_t>((std::bit_cast<std::uint32_t>(value) + 0xffffu) >> 16);
}

std::uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

void pack_panel_f32(std::byte* panel, const float* rows, int row_count, int in) {
  clear(panel, panel_bytes_f32(in));
  auto* to = reinterpret_cast<float*>(panel);
  for (int row = 0; row < row_count; ++row)
    for (int i = 0; i < in; ++i)
      to[std::int64_t{i} * kPanel + row] = rows[std::int64_t{row} * in + i];
}

void pack_panel_f16(std::byte* panel, const float* rows, int row_count, int in) {
  clear(panel, panel_bytes_f16(in));
  auto* to = reinterpret_cast<std::uint16_t*>(panel);
  for (int row = 0; row < row_count; ++row)
    for (int i = 0; i < in; ++i)
      to[std::int64_t{i} * kPanel + row] = to_f16(rows[std::int64_t{row} * in + i]);
}

void pack_panel_i8(std::byte* panel, const float* rows, int row_count, int in,
                   QuantizationError& error) {
  clear(panel, kLayoutI8.panel_bytes(in));
  pack_groups(panel, rows, row_count, in, error, pack_group_i8);
}

void pack_panel_i8_exact(std::byte* panel, const std::int8_t* rows, const std::uint16_t* scales,
                         int row_count, int in) {
  clear(panel, kLayoutI8.panel_bytes(in));
  pack_exact(panel, kLayoutI8, rows, scales, row_count, in, put_i8);
}

void pack_panel_i4(std::byte* panel, const float* rows, int row_count, int in,
                   QuantizationError& error) {
  clear_i4(panel, in);
  pack_groups(panel, rows, row_count, in, error, pack_group_i4);
}

void pack_panel_i4_exact(std::byte* panel, const std::int8_t* rows, const std::uint16_t* scales,
                         int row_count, int in) {
  clear_i4(panel, in);
  pack_exact(panel, kLayoutI4, rows, scales, row_count, in, put_i4);
}

void unpack_row_f32(float* y, const std::byte* panels, int row, int in) {
  const auto* from = reinterpret_cast<const float*>(panels + row / kPanel * panel_bytes_f32(in));
  for (int i = 0; i < in; ++i) y[i] = from[std::int64_t{i} * kPanel + row % kPanel];
}

void unpack_row_f16(float* y, const std::byte* panels, int row, int in) {
  const auto* from =
      reinterpret_cast<const std::uint16_t*>(panels + row / kPanel * panel_bytes_f16(in));
  for (int i = 0; i < in; ++i) y[i] = from_f16(from[std::int64_t{i} * kPanel + row % kPanel]);
}

void unpack_row_i8(float* y, const std::byte* panels, ScaleFormat format, int row, int in) {
  unpack_row(y, panels, kLayoutI8, format, row, in, weight_i8);
}

void unpack_row_i4(float* y, const std::byte* panels, ScaleFormat format, int row, int in) {
  unpack_row(y, panels, kLayoutI4, format, row, in, weight_i4);
}

}  // namespace linnet::kernels
