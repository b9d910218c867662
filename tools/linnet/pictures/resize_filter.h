#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/resample.h"

namespace linnet::tools {

// How one direction of a picture is resized: each new value is a sum of neighbouring old ones.
// Weights are whole numbers of 2^-kFilterBits.
inline constexpr int kFilterBits = 32 - 8 - 2;  // 8 for a value, 2 for sums beyond 255 or below 0

struct FilterWindow {
  int first = 0, count = 0;  // old places [first, first + count)
  std::size_t weights = 0;   // where theirs begin
};

struct ResizeFilter {
  std::vector<FilterWindow> windows;  // one for each new place
  std::vector<std::int32_t> weights;
};

// For `from` places that become `to`, as Pillow computes them (src/libImaging/Resample.c):
// bilinear, bicubic (a = -0.5) or lanczos (3 lobes). Both at least 1. With + - * / alone, so that
// every machine has the same.
ResizeFilter resize_filter(int from, int to, model::Resample resample);

}  // namespace linnet::tools
