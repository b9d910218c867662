#include <doctest/doctest.h>

#include <bit>
#include <cmath>

#include "tests/support/bits.h"

namespace {

using namespace linnet;
using kernels::Activation;
using support::Random;

constexpr Activation kAll[] = {Activation::relu, Activation::gelu, Activation::gelu_tanh,
                               Activation::silu, Activation::tanh};

std::vector<float> activated(const kernels::Table& table, Activation f, const std::vector<float>& x,
                             int offset = 0) {
  std::vector<float> in(x.size() + 4), out(x.size() + 5, 7.0f);
  std::copy(x.begin(), x.end(), in.begin() + offset);
  table.activate(f, out.data() + offset, in.data() + offset, static_cast<int>(x.size()));
  const auto end = out.begin() + offset + static_cast<int>(x.size());
  CHECK(*end == 7.0f);
  return {out.begin() + offset, end};
}

void check_all_tables(const std::vector<float>& x, int offset) {
  for (const Activation f : kAll) {
    const auto expected = activated(*kernels::find("reference"), f, x);
    for (const kernels::Table* table : support::running_tables()) {
      const auto y = activated(*table, f, x, offset);
      const int at = support::first_difference(y, expected);
      INFO(support::name_of(*table)
           << ", activation " << static_cast<int>(f) << ", n = " << x.size());
      INFO("f(" << x[static_cast<std::size_t>(at < 0 ? 0 : at)] << ")");
      CHECK(at == -1);
    }
  }
}

TEST_CASE("activations give the bits of the reference in every table, at every length") {
  Random random(41);
  for (int n = 1; n <= 67; ++n)
    check_all_tables(support::random_floats(random, n, -6.0f, 6.0f), random.below(4));
  check_all_tables(support::random_floats(random, 20000, -12.0f, 12.0f), 0);
}

TEST_CASE("activations give the bits of the reference for any pattern of bits") {
  Random random(42);
  std::vector<float> x(20000);
  for (float& v : x) v = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
  check_all_tables(x, 0);
  check_all_tables(support::special_floats(), 1);
}

double truth(Activation f, double x) {
  switch (f) {
    case Activation::relu:
      return x > 0 ? x : 0;
    case Activation::gelu:
      return 0.5 * x * std::erfc(-x * std::sqrt(0.5));
    case Activation::gelu_tanh: {
      const double u = std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
      return 0.5 * x * (1 + std::tanh(u));
    }
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::tanh:
      return std::tanh(x);
  }
  return 0;
}

// Each is x times a share in [0, 1] whose error is a few 2^-24; where gelu_tanh's exponent is
// large, its rounding counts as often as it is large (at most 2 u = 88 before the share vanishes).
TEST_CASE("activations are as close to double precision as their roundings allow") {
  Random random(43);
  const auto x = support::random_floats(random, 20000, -10.0f, 10.0f);
  for (const Activation f : kAll) {
    const auto y = activated(*kernels::find("reference"), f, x);
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      worst = std::max(worst,
                       std::fabs(y[i] - truth(f, x[i])) / std::max(1.0, std::fabs(double{x[i]})));
    INFO("activation " << static_cast<int>(f));
    CHECK(worst < 4 * 0x1p-24);
  }
}

TEST_CASE("relu turns -0 into +0 and keeps NaN") {
  for (const kernels::Table* table : support::running_tables()) {
    const auto y = activated(*table, Activation::relu, {-0.0f, std::nanf(""), -1.0f, 2.0f});
    CHECK(std::bit_cast<std::uint32_t>(y[0]) == 0);
    CHECK(std::isnan(y[1]));
    CHECK(std::bit_cast<std::uint32_t>(y[2]) == 0);
    CHECK(y[3] == 2.0f);
  }
}

TEST_CASE("a gated activation is the activation times the other input, in place or not") {
  Random random(44);
  for (const kernels::Table* table : support::running_tables())
    for (const int n : {1, 15, 16, 17, 63, 64, 100})
      for (const Activation f : kAll) {
        const auto gate = support::random_floats(random, n, -6.0f, 6.0f);
        const auto up = support::random_floats(random, n, -6.0f, 6.0f);
        auto expected = activated(*table, f, gate);
        for (std::size_t i = 0; i < up.size(); ++i) expected[i] = expected[i] * up[i];
        std::vector<float> y(up.size()), over_gate = gate, over_up = up, plain = gate;
        table->activate_gated(f, y.data(), gate.data(), up.data(), n);
        table->activate_gated(f, over_gate.data(), over_gate.data(), up.data(), n);
        table->activate_gated(f, over_up.data(), gate.data(), over_up.data(), n);
        table->activate(f, plain.data(), plain.data(), n);
        INFO(support::name_of(*table) << ", n = " << n << ", activation " << static_cast<int>(f));
        CHECK(support::first_difference(y, expected) == -1);
        CHECK(support::first_difference(over_gate, expected) == -1);
        CHECK(support::first_difference(over_up, expected) == -1);
        CHECK(support::first_difference(plain, activated(*table, f, gate)) == -1);
      }
}

TEST_CASE("activations give the bits that every machine gives") {
  for (const kernels::Table* table : support::running_tables()) {
    Random random(45);
    support::Checksum checksum;
    for (const int n : {1, 7, 16, 33, 1000})
      for (const Activation f : kAll)
        checksum.add(activated(*table, f, support::random_floats(random, n, -9.0f, 9.0f)));
    INFO(support::name_of(*table));
    CHECK(checksum.value() == 0xaf879eb5f685a010u);
  }
}

}  // namespace
