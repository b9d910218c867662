#include "kernels/pack.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace linnet::kernels {
namespace {

std::int8_t* weights_of(std::byte* panel, int row, int i) {
  return reinterpret_cast<std::int8_t*>(panel + group_offset_i8(i / kGroup)) +
         (i % kGroup / kQuad * kPanel + row) * kQuad + i % kQuad;
}
std::int8_t weight_at(const std::byte* panel, int row, int i) {
  return *weights_of(const_cast<std::byte*>(panel), row, i);
}
std::uint16_t* scale_of(std::byte* panel, int row, int g, int groups) {
  return reinterpret_cast<std::uint16_t*>(panel + scale_offset_i8(g, groups)) + row;
}

void clear(std::byte* panel, std::int64_t bytes) {
  std::memset(panel, 0, static_cast<std::size_t>(bytes));
}

// The scale of a group whose largest magnitude is `top`.
std::uint16_t scale_for(float top) {
  const float scale = top / 127;
  return scale < std::numeric_limits<float>::min() ? std::uint16_t{0} : to_bf16_up(scale);
}

void pack_group(std::byte* panel, const float* x, int count, int row, int g, int groups,
                QuantizationError& error) {
  float top = 0.0f;
  for (int i = 0; i < count; ++i) top = std::max(top, std::fabs(x[i]));
  const std::uint16_t bits = scale_for(top);
  const float scale = from_bf16(bits);
  *scale_of(panel, row, g, groups) = bits;
  for (int i = 0; i < count; ++i) {
    const float q = bits == 0 ? 0.0f : std::clamp(std::nearbyint(x[i] / scale), -127.0f, 127.0f);
    *weights_of(panel, row, g * kGroup + i) = static_cast<std::int8_t>(q);
    const double difference = double{x[i]} - double{q} * double{scale};
    error.squared += difference * difference;
    error.squared_total += double{x[i]} * double{x[i]};
    error.largest = std::max(error.largest, std::fabs(difference));
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
  clear(panel, panel_bytes_i8(in));
  const int groups = groups_of(in);
  for (int row = 0; row < row_count; ++row)
    for (int g = 0; g < groups; ++g) {
      const float* x = rows + std::int64_t{row} * in + g * kGroup;
      pack_group(panel, x, std::min(kGroup, in - g * kGroup), row, g, groups, error);
    }
}

void pack_panel_i8_exact(std::byte* panel, const std::int8_t* rows, const std::uint16_t* scales,
                         int row_count, int in) {
  clear(panel, panel_bytes_i8(in));
  const int groups = groups_of(in);
  for (int row = 0; row < row_count; ++row) {
    for (int i = 0; i < in; ++i) *weights_of(panel, row, i) = rows[std::int64_t{row} * in + i];
    for (int g = 0; g < groups; ++g)
      *scale_of(panel, row, g, groups) = scales[std::int64_t{row} * groups + g];
  }
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
  const std::byte* panel = panels + row / kPanel * panel_bytes_i8(in);
  const int groups = groups_of(in);
  float scale = 0.0f;
  for (int i = 0; i < in; ++i) {
    if (i % kGroup == 0) {
      std::uint16_t bits;
      std::memcpy(&bits, panel + scale_offset_i8(i / kGroup, groups) + row % kPanel * 2,
                  sizeof bits);
      scale = format == ScaleFormat::bf16 ? from_bf16(bits) : from_f16(bits);
    }
    y[i] = static_cast<float>(weight_at(panel, row % kPanel, i)) * scale;
  }
}

}  // namespace linnet::kernels
