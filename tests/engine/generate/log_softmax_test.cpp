#include "engine/generate/log_softmax.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace {

using linnet::generate::log_softmax;
using linnet::generate::natural_log;

TEST_CASE("the natural logarithm is the C library's within two units of the last place") {
  for (double x = 1e-300; x < 1e300; x *= 1.37) {
    const double want = std::log(x);
    CHECK(std::fabs(natural_log(x) - want) <= 5e-16 * std::fmax(std::fabs(want), 0.1));
  }
  CHECK(natural_log(1.0) == 0.0);
}

TEST_CASE("log-probabilities are those of double precision within 1e-6, and -infinity stays") {
  const float never = -std::numeric_limits<float>::infinity();
  std::vector<float> x{1.5f, -3.0f, never, 20.0f, 19.5f}, room(5);
  double total = 0;
  for (const float v : x) total += std::exp(double{v});
  std::vector<float> y = x;
  REQUIRE(log_softmax(y, room));
  for (const std::size_t i : {0u, 1u, 3u, 4u})
    CHECK(double{y[i]} == doctest::Approx(double{x[i]} - std::log(total)).epsilon(1e-6));
  CHECK(y[2] == never);
}

TEST_CASE("what cannot be ranked is refused") {
  std::vector<float> room(2);
  const float infinite = std::numeric_limits<float>::infinity();
  std::vector<float> x{1.0f, std::numeric_limits<float>::quiet_NaN()};
  CHECK_FALSE(log_softmax(x, room));
  x = {1.0f, infinite};
  CHECK_FALSE(log_softmax(x, room));
  x = {-infinite, -infinite};
  CHECK_FALSE(log_softmax(x, room));
}

}  // namespace
