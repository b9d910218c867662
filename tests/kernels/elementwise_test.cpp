#include <doctest/doctest.h>

#include "tests/support/bits.h"

namespace {

using namespace linnet;
using support::Random;

TEST_CASE("add and scale equal the plain sum and product at every length, aligned or not") {
  Random random(11);
  for (const kernels::Table* table : support::running_tables())
    for (int n = 1; n <= 70; ++n) {
      const int offset = random.below(4);
      const auto x = support::random_floats(random, n + offset, -2.0f, 2.0f);
      auto y = support::random_floats(random, n + offset + 1, -2.0f, 2.0f);
      const float factor = random.uniform(-3.0f, 3.0f);
      auto expected = y;
      for (int i = 0; i < n; ++i) {
        const auto at = static_cast<std::size_t>(offset + i);
        expected[at] = (y[at] + x[at]) * factor;
      }
      table->add(y.data() + offset, x.data() + offset, n);
      table->scale(y.data() + offset, factor, n);
      INFO(support::name_of(*table) << ", n = " << n);
      CHECK(support::first_difference(y, expected) == -1);
    }
}

TEST_CASE("add and scale treat infinities, NaN and signed zeros as IEEE arithmetic does") {
  const auto x = support::special_floats();
  for (const kernels::Table* table : support::running_tables())
    for (const float other : support::special_floats()) {
      std::vector<float> sum(x.size(), other), product = x, sums, products;
      for (const float v : x) sums.push_back(other + v), products.push_back(v * other);
      const int n = static_cast<int>(x.size());
      table->add(sum.data(), x.data(), n);
      table->scale(product.data(), other, n);
      INFO(support::name_of(*table) << ", other = " << other);
      CHECK(support::first_difference(sum, sums) == -1);
      CHECK(support::first_difference(product, products) == -1);
    }
}

}  // namespace
