#include "engine/generate/log_softmax.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

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

float largest(std::span<const float> x) {
  constexpr std::size_t kLanes = 16;
  float best[kLanes];
  std::fill(std::begin(best), std::end(best), -std::numeric_limits<float>::infinity());
  std::size_t at = 0;
  for (; at + kLanes <= x.size(); at += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      best[lane] = x[at + lane] > best[lane] ? x[at + lane] : best[lane];
  for (; at < x.size(); ++at) best[0] = x[at] > best[0] ? x[at] : best[0];
  return *std::max_element(std::begin(best), std::end(best));
}

bool log_softmax(std::span<float> x, std::span<float> room) {
  std::copy(x.begin(), x.end(), room.begin());
  const float top = largest(x);
  ops::softmax(room.first(x.size()));
  // The largest element became exp(0) / total.
  const float greatest = largest(room.first(x.size()));
  if (!std::isfinite(top) || !(greatest > 0.0f)) return false;
  const float all = top - static_cast<float>(natural_log(static_cast<double>(greatest)));
  for (float& value : x) value -= all;
  return true;
}

}  // namespace linnet::generate
