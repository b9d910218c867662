#include "engine/generate/log_softmax.h"

#include <algorithm>
#include <cmath>

#include "engine/ops/softmax.h"

namespace linnet::generate {

// log(m 2^e) = e log 2 + 2 artanh((m - 1) / (m + 1)) with m within sqrt(2) of 1: eleven terms of
// the series leave less than a double's last bit.
double natural_log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // [0.5, 1)
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  const double s = (m - 1) / (m + 1), square = s * s;
  double sum = 0;
  for (int n = 23; n >= 1; n -= 2) sum = sum * square + 1.0 / n;
  return exponent * 0.69314718055994531 + 2 * s * sum;
}

bool log_softmax(std::span<float> x, std::span<float> room) {
  std::copy(x.begin(), x.end(), room.begin());
  const float top = *std::max_element(x.begin(), x.end());
  ops::softmax(room.first(x.size()));
  // The largest element became exp(0) / total.
  const float largest =
      *std::max_element(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(x.size()));
  if (!std::isfinite(top) || !(largest > 0.0f)) return false;
  const float all = top - static_cast<float>(natural_log(static_cast<double>(largest)));
  for (float& value : x) value -= all;
  return true;
}

}  // namespace linnet::generate
