#include "tools/linnet/bench_timing.h"

#include <algorithm>
#include <chrono>

namespace linnet::tools {

Work operator+(const Work& a, const Work& b) {
  return {.bytes = a.bytes + b.bytes,
          .f32 = a.f32 + b.f32,
          .i8 = a.i8 + b.i8,
          .i4 = a.i4 + b.i4,
          .footprint = a.footprint + b.footprint};
}

Work times(const Work& one, double passes, double rows) {
  return {.bytes = one.bytes * passes,
          .f32 = one.f32 * rows,
          .i8 = one.i8 * rows,
          .i4 = one.i4 * rows,
          .footprint = one.footprint};
}

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double Timing::median() const {
  std::vector<double> sorted = seconds;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t middle = sorted.size() / 2;
  const double time =
      sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return amount / time;
}
double Timing::slowest() const {
  return amount / *std::max_element(seconds.begin(), seconds.end());
}
double Timing::fastest() const {
  return amount / *std::min_element(seconds.begin(), seconds.end());
}

}  // namespace linnet::tools
