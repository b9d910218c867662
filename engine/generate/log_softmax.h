#pragma once

#include <span>

namespace linnet::generate {

// Natural logarithm of a positive finite number, the same bits on every machine.
double natural_log(double x);

// -infinity if x is empty; NaNs are passed over.
float largest(std::span<const float> x);

// x = x - log(sum of exp(x)), in place; `room` is as long as x. False if that is not a number: a
// NaN or +infinity is among x, or all of them are -infinity.
[[nodiscard]] bool log_softmax(std::span<float> x, std::span<float> room);

}  // namespace linnet::generate
