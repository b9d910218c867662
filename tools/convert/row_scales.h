#pragma once

#include <cstdint>
#include <span>

#include "engine/core/weight.h"

// The steps of the rows of somebody's int8 matrix (w = q * step) as the 16-bit scales of ours.
namespace linnet::convert {

struct RowScales {
  core::Dtype dtype;      // i8: bfloat16, i8h: float16, whichever is nearer
  double largest_change;  // |scale - step| / step of the worst row
};

// The steps are positive and finite. Float16 is taken only where all of them are normal numbers
// there (2^-14 ... 65504), because ARMv7 flushes the others to zero. A step that is no normal
// bfloat16 becomes 0, a change of 1.
RowScales choose_scales(std::span<const float> steps);

// The nearest scale of that type, and what it stands for.
std::uint16_t encode_scale(core::Dtype dtype, float step);
float decode_scale(core::Dtype dtype, std::uint16_t code);

}  // namespace linnet::convert
