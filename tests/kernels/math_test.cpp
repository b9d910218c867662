#include "kernels/reference/math.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "tests/support/bits.h"

namespace {

using namespace linnet;
using kernels::reference::error_function;
using kernels::reference::exponential;
using kernels::reference::hyperbolic_tangent;
using Limits = std::numeric_limits<float>;

// Distance in units of the last place of the true value, rounded to a normal float.
double ulps(float value, double truth) {
  const double size = std::max(std::fabs(truth), double{Limits::min()});
  return std::fabs(value - truth) / std::ldexp(1.0, std::ilogb(size) - 23);
}

struct Worst {
  double ulp = 0, absolute = 0;
  float at = 0;
};

// Over every `kStep`-th float between the two, which have one sign; a prime, so that all bits vary.
template <class F, class Truth>
Worst worst_between(float from, float to, F f, Truth truth) {
  constexpr std::uint32_t kStep = 1021;
  Worst worst;
  for (std::uint32_t bits = std::bit_cast<std::uint32_t>(from);
       bits < std::bit_cast<std::uint32_t>(to); bits += kStep) {
    const float x = std::bit_cast<float>(bits);
    const double exact = truth(double{x}), error = ulps(f(x), exact);
    worst.absolute = std::max(worst.absolute, std::fabs(f(x) - exact));
    if (error > worst.ulp) worst.ulp = error, worst.at = x;
  }
  MESSAGE("worst: " << worst.ulp << " ulp at " << worst.at << ", absolute " << worst.absolute);
  return worst;
}

TEST_CASE("exp is within 1.01 ulp wherever its result is a normal float") {
  const auto truth = [](double x) { return std::exp(x); };
  CHECK(worst_between(1e-10f, 88.722831f, exponential, truth).ulp < 1.01);
  CHECK(worst_between(-1e-10f, -87.336540f, exponential, truth).ulp < 1.01);
}

TEST_CASE("exp is exact at zero and saturates only where no float can hold the result") {
  CHECK(exponential(0.0f) == 1.0f);
  CHECK(exponential(-0.0f) == 1.0f);
  CHECK(exponential(1e-30f) == 1.0f);
  CHECK(exponential(Limits::infinity()) == Limits::infinity());
  CHECK(exponential(Limits::max()) == Limits::infinity());
  CHECK(exponential(88.722839f) == Limits::infinity());
  CHECK(std::isfinite(exponential(88.722831f)));
  CHECK(std::isnan(exponential(Limits::quiet_NaN())));
  CHECK(std::isnan(exponential(std::bit_cast<float>(0xffc0ffffu))));
  CHECK(std::isnan(exponential(std::bit_cast<float>(0x7fffffffu))));
}

TEST_CASE("exp gives +0 for every result below the smallest normal float") {
  for (const float x : {-87.336548f, -87.4f, -88.0f, -100.0f, -103.0f, -104.0f, -1e4f, -4194304.0f,
                        -1e20f, -Limits::max(), -Limits::infinity()}) {
    INFO("x = " << x);
    CHECK(std::bit_cast<std::uint32_t>(exponential(x)) == 0);
  }
  CHECK(exponential(-87.336540f) >= Limits::min());
}

TEST_CASE("exp never decreases, nor does it jump where n changes") {
  for (int n = -125; n <= 127; ++n) {
    const auto middle = static_cast<float>((n + 0.5) * 0.6931471805599453);
    float x = middle;
    for (int i = 0; i < 30; ++i) x = std::nextafterf(x, -Limits::infinity());
    for (int i = 0; i < 60; ++i) {
      const float next = std::nextafterf(x, Limits::infinity());
      CHECK(ulps(exponential(x), std::exp(double{x})) < 1.01);
      x = next;
    }
  }
}

TEST_CASE("erf is odd, within 1.7 ulp, and within 7e-8") {
  const auto truth = [](double x) { return std::erf(x); };
  const Worst worst = worst_between(Limits::min(), 10.0f, error_function, truth);
  CHECK(worst.ulp < 1.7);
  CHECK(worst.absolute < 7e-8);
}

TEST_CASE("tanh is odd and within 2.6 ulp") {
  const auto truth = [](double x) { return std::tanh(x); };
  CHECK(worst_between(Limits::min(), 30.0f, hyperbolic_tangent, truth).ulp < 2.6);
}

TEST_CASE("erf and tanh keep the sign, reach 1 exactly and pass on NaN") {
  for (const auto f : {error_function, hyperbolic_tangent}) {
    for (const float x : support::special_floats()) {
      INFO("x = " << x);
      CHECK(std::signbit(f(x)) == std::signbit(x));
      CHECK(support::same_bits(f(-x), -f(x)));
      CHECK(std::isnan(f(x)) == std::isnan(x));
      if (x >= 10.0f) CHECK(f(x) == 1.0f);
    }
    CHECK(f(0.0f) == 0.0f);
  }
}

TEST_CASE("exp, erf and tanh give the bits that every machine gives") {
  support::Random random(1);
  support::Checksum exps, erfs, tanhs;
  for (int i = 0; i < 20000; ++i) {
    const float x = random.uniform(-1.0f, 1.0f), size = random.uniform(0.0f, 8.0f);
    exps.add(exponential(x * size * 10.0f));
    erfs.add(error_function(x * size));
    tanhs.add(hyperbolic_tangent(x * size));
  }
  CHECK(exps.value() == 0xca9fe4cfb4af35d0u);
  CHECK(erfs.value() == 0x104baa1e5015a4e3u);
  CHECK(tanhs.value() == 0xf3a9aaefafceea7fu);
}

}  // namespace
