#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/bits.h"

namespace {

using namespace linnet;
using support::Random;

std::vector<float> softmax(const kernels::Table& table, const std::vector<float>& x, int offset) {
  std::vector<float> room(x.size() + 5, 7.0f);
  std::copy(x.begin(), x.end(), room.begin() + offset);
  table.softmax(room.data() + offset, static_cast<int>(x.size()));
  const auto end = room.begin() + offset + static_cast<int>(x.size());
  CHECK(*end == 7.0f);
  return {room.begin() + offset, end};
}

void check_all_tables(const std::vector<float>& x, int offset) {
  const auto expected = softmax(*kernels::find("reference"), x, 0);
  for (const kernels::Table* table : support::running_tables()) {
    INFO(support::name_of(*table) << ", n = " << x.size() << ", offset = " << offset);
    CHECK(support::first_difference(softmax(*table, x, offset), expected) == -1);
  }
}

TEST_CASE("softmax gives the bits of the reference in every table, at every length") {
  Random random(31);
  for (int n = 1; n <= 67; ++n)
    check_all_tables(support::random_floats(random, n, -8.0f, 8.0f), random.below(4));
  for (const int n : {255, 256, 257, 4096})
    check_all_tables(support::random_floats(random, n, -30.0f, 0.0f), random.below(4));
}

TEST_CASE("exp gives the bits of the reference in every table, over all its exponents") {
  Random random(32);
  auto x = support::random_floats(random, 20000, -87.3f, -17.0f);
  x[0] = 0.0f;  // the largest: the others hardly add to the total
  check_all_tables(x, 0);
}

// x - top rounds once, to 2^-24 of itself, which exp turns into a relative error; exp adds 1.01
// ulp, the total n / 16 + 4 roundings, the division and the product three more.
TEST_CASE("softmax is as close to double precision as its roundings allow") {
  Random random(33);
  for (const int n : {1, 2, 16, 50, 333, 2000}) {
    const auto x = support::random_floats(random, n, -20.0f, 20.0f);
    const auto y = softmax(*kernels::find("reference"), x, 0);
    const double top = *std::max_element(x.begin(), x.end());
    double total = 0;
    for (const float v : x) total += std::exp(v - top);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double truth = std::exp(x[i] - top) / total;
      CHECK(std::fabs(y[i] - truth) <= truth * (std::fabs(x[i] - top) + n / 16 + 16) * 0x1p-23);
    }
  }
}

TEST_CASE("a NaN or a positive infinity makes every share NaN, wherever it stands") {
  for (const float bad : {std::nanf(""), HUGE_VALF})
    for (const int n : {1, 16, 17, 40})
      for (int at = 0; at < n; ++at) {
        std::vector<float> x(static_cast<std::size_t>(n), 1.0f);
        x[static_cast<std::size_t>(at)] = bad;
        check_all_tables(x, 0);
        for (const float v : softmax(*support::running_tables().back(), x, 0)) CHECK(std::isnan(v));
      }
}

TEST_CASE("minus infinity gets no share, and nothing but minus infinities gives NaN") {
  const std::vector<float> x = {1.0f, -HUGE_VALF, 2.0f, -HUGE_VALF};
  check_all_tables(x, 1);
  const auto y = softmax(*support::running_tables().back(), x, 0);
  CHECK(y[1] == 0.0f);
  CHECK(y[0] + y[2] == doctest::Approx(1.0));
  for (const int n : {1, 16, 20}) {
    const std::vector<float> hidden(static_cast<std::size_t>(n), -HUGE_VALF);
    check_all_tables(hidden, 0);
    CHECK(std::isnan(softmax(*support::running_tables().back(), hidden, 0)[0]));
  }
}

TEST_CASE("softmax gives the bits that every machine gives") {
  for (const kernels::Table* table : support::running_tables()) {
    Random random(34);
    support::Checksum checksum;
    for (const int n : {1, 7, 16, 33, 1000})
      checksum.add(softmax(*table, support::random_floats(random, n, -9.0f, 9.0f), 0));
    INFO(support::name_of(*table));
    CHECK(checksum.value() == 0x97f3bfb08fec2e6fu);
  }
}

}  // namespace
