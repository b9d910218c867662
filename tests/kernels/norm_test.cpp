#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/bits.h"

namespace {

using namespace linnet;
using support::Random;

struct Row {
  std::vector<float> x, gain, bias;
  const float* at(const std::vector<float>& v) const { return v.data() + offset; }
  int n, offset;
};

Row random_row(Random& random, int n) {
  const int offset = random.below(4);
  const float size = random.uniform(0.1f, 10.0f), shift = random.uniform(-5.0f, 5.0f);
  return {support::random_floats(random, n + offset, shift - size, shift + size),
          support::random_floats(random, n + offset, -2.0f, 2.0f),
          support::random_floats(random, n + offset, -1.0f, 1.0f), n, offset};
}

std::vector<int> lengths() {
  std::vector<int> lengths = {255, 256, 257, 768, 1000, 2048};
  for (int n = 1; n <= 67; ++n) lengths.push_back(n);
  return lengths;
}

enum class Kind { rms, layer, layer_without_bias };

// One element past the row stays as it was.
std::vector<float> normed(const kernels::Table& table, Kind kind, const Row& row, float eps) {
  std::vector<float> y(static_cast<std::size_t>(row.n + 1), 7.0f);
  const float* bias = kind == Kind::layer ? row.at(row.bias) : nullptr;
  if (kind == Kind::rms) {
    table.rms_norm(y.data(), row.at(row.x), row.at(row.gain), row.n, eps);
  } else {
    table.layer_norm(y.data(), row.at(row.x), row.at(row.gain), bias, row.n, eps);
  }
  CHECK(y.back() == 7.0f);
  y.pop_back();
  return y;
}

constexpr Kind kKinds[] = {Kind::rms, Kind::layer, Kind::layer_without_bias};

TEST_CASE("norms give the bits of the reference in every table, at every length, aligned or not") {
  Random random(21);
  const kernels::Table& reference = *kernels::find("reference");
  for (const int n : lengths()) {
    const Row row = random_row(random, n);
    for (const Kind kind : kKinds) {
      const auto expected = normed(reference, kind, row, 1e-5f);
      for (const kernels::Table* table : support::running_tables()) {
        INFO(support::name_of(*table) << ", n = " << n << ", kind " << static_cast<int>(kind));
        CHECK(support::first_difference(normed(*table, kind, row, 1e-5f), expected) == -1);
      }
    }
  }
}

TEST_CASE("norms may work in place") {
  Random random(22);
  for (const kernels::Table* table : support::running_tables())
    for (const int n : {1, 15, 16, 17, 100}) {
      const Row row = random_row(random, n);
      auto rms = std::vector<float>(row.at(row.x), row.at(row.x) + n), layer = rms;
      table->rms_norm(rms.data(), rms.data(), row.at(row.gain), n, 1e-6f);
      table->layer_norm(layer.data(), layer.data(), row.at(row.gain), row.at(row.bias), n, 1e-6f);
      CHECK(support::first_difference(rms, normed(*table, Kind::rms, row, 1e-6f)) == -1);
      CHECK(support::first_difference(layer, normed(*table, Kind::layer, row, 1e-6f)) == -1);
    }
}

// The sum of n squares takes n / 16 + 4 roundings one after the other, each of at most 2^-24 of it;
// half of that remains after the root; the mean takes as many, of the largest element; a dozen more
// come from the other operations.
TEST_CASE("norms are as close to double precision as their roundings allow") {
  Random random(23);
  const kernels::Table& reference = *kernels::find("reference");
  for (const int n : lengths()) {
    const Row row = random_row(random, n);
    double mean = 0, squares = 0, deviations = 0, largest = 0;
    for (int i = 0; i < n; ++i) {
      const double x = row.at(row.x)[i];
      mean += x / n;
      squares += x * x;
      largest = std::max(largest, std::fabs(x));
    }
    for (int i = 0; i < n; ++i) deviations += std::pow(row.at(row.x)[i] - mean, 2);
    const double rms = 1 / std::sqrt(squares / n + 1e-5),
                 deviation = 1 / std::sqrt(deviations / n + 1e-5);
    const double step = (n / 16 + 16) * 0x1p-24;
    const auto y = normed(reference, Kind::rms, row, 1e-5f);
    const auto z = normed(reference, Kind::layer, row, 1e-5f);
    for (int i = 0; i < n; ++i) {
      const double x = row.at(row.x)[i], gain = row.at(row.gain)[i], bias = row.at(row.bias)[i];
      const auto at = static_cast<std::size_t>(i);
      INFO("n = " << n << ", i = " << i);
      CHECK(std::fabs(y[at] - x * rms * gain) <= step * std::fabs(x * rms * gain));
      CHECK(std::fabs(z[at] - ((x - mean) * deviation * gain + bias)) <=
            2 * step * (largest * deviation * std::fabs(gain) + std::fabs(bias)));
    }
  }
}

TEST_CASE("an infinity or a NaN in the row spreads the same way in every table") {
  Random random(24);
  const kernels::Table& reference = *kernels::find("reference");
  for (const float bad : {HUGE_VALF, -HUGE_VALF, std::nanf(""), 3e38f})
    for (const int n : {1, 5, 16, 19, 40}) {
      Row row = random_row(random, n);
      row.x[static_cast<std::size_t>(row.offset + random.below(n))] = bad;
      for (const Kind kind : kKinds)
        for (const kernels::Table* table : support::running_tables()) {
          INFO(support::name_of(*table) << ", n = " << n << ", bad = " << bad);
          CHECK(support::first_difference(normed(*table, kind, row, 1e-5f),
                                          normed(reference, kind, row, 1e-5f)) == -1);
        }
    }
}

TEST_CASE("norms give the bits that every machine gives") {
  for (const kernels::Table* table : support::running_tables()) {
    Random random(25);
    support::Checksum checksum;
    for (const int n : {1, 7, 16, 33, 288, 768})
      for (const Kind kind : kKinds)
        checksum.add(normed(*table, kind, random_row(random, n), 1e-5f));
    INFO(support::name_of(*table));
    CHECK(checksum.value() == 0x63196dcbe71ec8f6u);
  }
}

}  // namespace
