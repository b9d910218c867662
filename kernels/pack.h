#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"

// Between rows of floats and the packed order of kernels/layout.h. Portable C++, the same bits on
// every machine; used by the converter, by tests, and by the engine where it needs one row back (an
// embedding). Pointers to panels are kAlignment-aligned.
namespace linnet::kernels {

// Half-precision conversion, to nearest even; exact where the target can hold the value. Subnormals
// and infinities are kept, NaN becomes a quiet NaN.
std::uint16_t to_f16(float value);
float from_f16(std::uint16_t bits);
float from_bf16(std::uint16_t bits);
// The smallest bfloat16 that is not below `value` (finite, >= 0).
std::uint16_t to_bf16_up(float value);
// The nearest, ties to even; a finite value of at most 3.38e38.
std::uint16_t to_bf16(float value);

// One panel of up to kPanel rows [rows][in]; missing rows become zeros.
void pack_panel_f32(std::byte* panel, const float* rows, int row_count, int in);
void pack_panel_f16(std::byte* panel, const float* rows, int row_count, int in);

// How far the packed values are from the given ones.
struct QuantizationError {
  double squared = 0;        // sum of squared differences
  double squared_total = 0;  // sum of squared values
  double largest = 0;        // largest absolute difference
};
// Per row and group of 32: scale = largest |w| / 127, rounded up to bfloat16 before
// q = round(w / scale) in [-127, 127]. A group whose scale would be a subnormal float (all values
// below 1.5e-36), thus also a group of zeros, has scale 0 and zeros. Adds to `error`. The values
// are finite.
void pack_panel_i8(std::byte* panel, const float* rows, int row_count, int in,
                   QuantizationError& error);
// Integers in [-127, 127] with their scales [row_count][groups_of(in)], kept as they are.
void pack_panel_i8_exact(std::byte* panel, const std::int8_t* rows, const std::uint16_t* scales,
                         int row_count, int in);

// Per row and group of 32: of fourteen scales around those that bring the value of largest
// magnitude to -8 or 7, each fitted to the integers that it gives (least squares) and rounded to
// bfloat16, the one with the smallest sum of squared differences; q = round(w / scale) in [-8, 7].
// It may be negative. A group whose values are all below 1.9e-37 has scale 0 and zeros. Otherwise
// as int8.
void pack_panel_i4(std::byte* panel, const float* rows, int row_count, int in,
                   QuantizationError& error);
// Integers in [-8, 7] with their scales, kept as they are.
void pack_panel_i4_exact(std::byte* panel, const std::int8_t* rows, const std::uint16_t* scales,
                         int row_count, int in);

// Row `row` of the packed matrix back as floats: y[in]. int8 and int4: float(q) * scale.
void unpack_row_f32(float* y, const std::byte* panels, int row, int in);
void unpack_row_f16(float* y, const std::byte* panels, int row, int in);
void unpack_row_i8(float* y, const std::byte* panels, ScaleFormat format, int row, int in);
void unpack_row_i4(float* y, const std::byte* panels, ScaleFormat format, int row, int in);

}  // namespace linnet::kernels
