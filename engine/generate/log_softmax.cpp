#include "engine/generate/log_softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/generate/four_floats.h"
#include "engine/ops/softmax.h"

namespace linnet::generate {

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

}  // namespace

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
  FourFloats a = four(-kInfinity), b = a;
  std::size_t at = 0;
  for (; at + 8 <= x.size(); at += 8) {
    a = greater_of(load(x.data() + at), a);
    b = greater_of(load(x.data() + at + 4), b);
  }
  float best = largest_of(greater_of(a, b));
  for (; at < x.size(); ++at) best = x[at] > best ? x[at] : best;
  return best;
}

bool log_softmax(std::span<float> x, std::span<float> room) {
  constexpr std::size_t kBlock = 1024;  // is still near when it is read again
  float top = -kInfinity;
  auto at = x.begin();  // where its block begins
  for (std::size_t first = 0; first < x.size(); first += kBlock) {
    const std::span<const float> block = x.subspan(first, std::min(kBlock, x.size() - first));
    std::copy(block.begin(), block.end(), room.begin() + static_cast<std::ptrdiff_t>(first));
    const float best = largest(block);
    if (!(best > top)) continue;
    top = best;
    at = x.begin() + static_cast<std::ptrdiff_t>(first);
  }
  if (!std::isfinite(top)) return false;
  at = std::find(at, x.end(), top);
  ops::softmax(room.first(x.size()));
  // The largest element became exp(0) / total.
  const float greatest = room[static_cast<std::size_t>(at - x.begin())];
  if (!(greatest > 0.0f)) return false;
  const float all = top - static_cast<float>(natural_log(static_cast<double>(greatest)));
  for (float& value : x) value -= all;
  return true;
}

}  // namespace linnet::generate
