#include "tools/convert/row_scales.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/pack.h"

namespace linnet::convert {
namespace {

using core::Dtype;

constexpr float kSmallestHalf = 0x1p-14f, kLargestHalf = 65504.0f;

// To nearest even, never to infinity.
std::uint16_t to_bf16(float value) {
  if (value < std::numeric_limits<float>::min()) return 0;
  return std::min(kernels::to_bf16(value), std::uint16_t{0x7f7f});
}

double largest_change(Dtype dtype, std::span<const float> steps) {
  double largest = 0;
  for (const float step : steps) {
    const double scale = decode_scale(dtype, encode_scale(dtype, step));
    largest = std::max(largest, std::fabs(scale - double{step}) / double{step});
  }
  return largest;
}

}  // namespace

std::uint16_t encode_scale(Dtype dtype, float step) {
  return core::has_half_scales(dtype) ? kernels::to_f16(step) : to_bf16(step);
}

float decode_scale(Dtype dtype, std::uint16_t code) {
  return core::has_half_scales(dtype) ? kernels::from_f16(code) : kernels::from_bf16(code);
}

RowScales choose_scales(std::span<const float> steps) {
  const RowScales brain{Dtype::i8, largest_change(Dtype::i8, steps)};
  const bool fits = std::all_of(steps.begin(), steps.end(), [](float step) {
    return step >= kSmallestHalf && step <= kLargestHalf;
  });
  if (!fits) return brain;
  const RowScales half{Dtype::i8h, largest_change(Dtype::i8h, steps)};
  return half.largest_change < brain.largest_change ? half : brain;
}

}  // namespace linnet::convert
