#pragma once

#include <span>

namespace linnet::ops {

// In place: x = exp(x - max x) / sum of it. -infinity becomes 0; a NaN makes everything NaN. The
// bits depend on the values and their order, and on nothing else (kernels/kernels.h).
void softmax(std::span<float> x);

}  // namespace linnet::ops
