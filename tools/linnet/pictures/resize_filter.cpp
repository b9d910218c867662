#include "tools/linnet/pictures/resize_filter.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace linnet::tools {
namespace {

double triangle(double x) {
  x = std::fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

// Keys (1981).
double cubic(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

// sin(pi x) for |x| <= 3 to the last bits of a double: to the nearest whole number, exactly, and
// the Taylor series on [-pi/2, pi/2], whose first term left out is below 2e-17.
double sin_pi(double x) {
  constexpr double kPi = 3.14159265358979323846;
  const double whole = std::floor(x + 0.5);
  const double angle = (x - whole) * kPi, square = angle * angle;
  double sum = 1.0;
  for (int n = 22; n >= 2; n -= 2) sum = 1.0 - sum * square / (n * (n + 1));
  return std::fmod(whole, 2.0) == 0.0 ? angle * sum : -angle * sum;
}

double sinc(double x) {
  constexpr double kPi = 3.14159265358979323846;
  return x == 0.0 ? 1.0 : sin_pi(x) / (x * kPi);
}

double lanczos(double x) { return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

struct Shape {
  double (*at)(double);
  double reach;  // it is 0 beyond
};

Shape shape_of(model::Resample resample) {
  assert(resample != model::Resample::nearest);
  if (resample == model::Resample::bilinear) return {triangle, 1.0};
  if (resample == model::Resample::bicubic) return {cubic, 2.0};
  return {lanczos, 3.0};
}

std::int32_t fixed(double weight) {
  return static_cast<std::int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << kFilterBits));
}

}  // namespace

ResizeFilter resize_filter(int from, int to, model::Resample resample) {
  const Shape shape = shape_of(resample);
  const double scale = static_cast<double>(from) / to, widened = std::max(scale, 1.0);
  const double reach = shape.reach * widened, narrowing = 1.0 / widened;
  ResizeFilter filter;
  filter.windows.reserve(static_cast<std::size_t>(to));
  std::vector<double> weights;
  for (int place = 0; place < to; ++place) {
    const double center = (place + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - reach + 0.5), 0);
    const int count = std::min(static_cast<int>(center + reach + 0.5), from) - first;
    double sum = 0.0;
    weights.clear();
    for (int i = 0; i < count; ++i) {
      weights.push_back(shape.at((i + first - center + 0.5) * narrowing));
      sum += weights.back();
    }
    filter.windows.push_back({first, count, filter.weights.size()});
    for (const double weight : weights)
      filter.weights.push_back(fixed(sum != 0.0 ? weight / sum : weight));
  }
  return filter;
}

}  // namespace linnet::tools
