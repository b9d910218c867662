#include "engine/ops/sincos.h"

#include <cmath>
#include <cstdint>

namespace linnet::ops {
namespace {

// Pi / 2 in three parts of 25, 25 and 53 bits (Cody and Waite, 1980): for a quotient of up to 24
// bits the products with the first two are exact, without a fused multiply-add.
constexpr double kHalfPiHigh = 0x1.921fb5p+0;
constexpr double kHalfPiMiddle = 0x1.110b46p-26;
constexpr double kHalfPiLow = 0x1.1a62633145c07p-54;
constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;

// Taylor polynomials on [-pi/4, pi/4]; the first term left out is below 2e-17 and 3e-16, far
// beyond a float.
double sine_of(double r) {
  const double s = r * r;
  double sum = -1.0 / 1307674368000.0;
  sum = sum * s + 1.0 / 6227020800.0;
  sum = sum * s - 1.0 / 39916800.0;
  sum = sum * s + 1.0 / 362880.0;
  sum = sum * s - 1.0 / 5040.0;
  sum = sum * s + 1.0 / 120.0;
  sum = sum * s - 1.0 / 6.0;
  return r + r * (s * sum);
}

double cosine_of(double r) {
  const double s = r * r;
  double sum = -1.0 / 87178291200.0;
  sum = sum * s + 1.0 / 479001600.0;
  sum = sum * s - 1.0 / 3628800.0;
  sum = sum * s + 1.0 / 40320.0;
  sum = sum * s - 1.0 / 720.0;
  sum = sum * s + 1.0 / 24.0;
  sum = sum * s - 1.0 / 2.0;
  return 1.0 + s * sum;
}

}  // namespace

SinCos sincos(double angle) {
  const double quotient = std::floor(angle * kTwoOverPi + 0.5);
  const double r =
      ((angle - quotient * kHalfPiHigh) - quotient * kHalfPiMiddle) - quotient * kHalfPiLow;
  const auto quarter = static_cast<std::int64_t>(quotient) & 3;
  const double s = sine_of(r), c = cosine_of(r);
  const double sine = quarter == 0 ? s : quarter == 1 ? c : quarter == 2 ? -s : -c;
  const double cosine = quarter == 0 ? c : quarter == 1 ? -s : quarter == 2 ? -c : s;
  return {static_cast<float>(sine), static_cast<float>(cosine)};
}

}  // namespace linnet::ops
