#include "tools/convert/sinusoid.h"

#include <algorithm>
#include <cmath>

namespace linnet::convert {
namespace {

std::vector<float> falling(int pairs, double divisor) {
  std::vector<float> frequencies;
  for (int i = 0; i < pairs; ++i)
    frequencies.push_back(static_cast<float>(std::exp(-std::log(10'000.0) * i / divisor)));
  return frequencies;
}

}  // namespace

std::vector<float> paper_sinusoid(int width) { return falling(width / 2, width / 2.0); }

// A single pair would divide by zero; its only exponent is 0.
std::vector<float> tensor2tensor_sinusoid(int width) {
  return falling(width / 2, std::max(1, width / 2 - 1));
}

}  // namespace linnet::convert
