#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "kernels/layout.h"
#include "tests/support/bits.h"
#include "tests/support/guarded.h"

namespace {

using namespace linnet;
using kernels::kGroup, kernels::kQuad;
using support::Guarded, support::Random;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// One tile as the kernel wrote it.
struct Tile {
  int q(int token, int i) const {
    return values[static_cast<std::size_t>((i / kQuad * width + token) * kQuad + i % kQuad)];
  }
  float scale(int token, int g) const {
    return scales[static_cast<std::size_t>(g * width + token)];
  }
  // The sum of a group's integers, from its offset.
  int sum(int token, int g) const {
    return offsets[static_cast<std::size_t>(g * width + token)] / -128;
  }

  int width;
  std::vector<std::int8_t> values;
  std::vector<float> scales;
  std::vector<std::int32_t> offsets;
};

Tile quantize(const kernels::Table& table, const std::vector<float>& rows, int width, int in,
              int padding = 0) {
  const int stride = in + padding, groups = kernels::groups_of(in);
  Guarded<float> x(std::int64_t{width} * stride - padding);
  for (int t = 0; t < width; ++t) std::copy_n(rows.data() + t * in, in, x.data() + t * stride);
  Guarded<std::int8_t> q(std::int64_t{width} * groups * kGroup, kernels::kAlignment);
  Guarded<float> scales(width * groups);
  Guarded<std::int32_t> offsets(width * groups);
  std::fill(q.begin(), q.end(), std::int8_t{99});
  std::fill(offsets.begin(), offsets.end(), 99);
  table.quantize({.x = x.data(),
                  .x_stride = stride,
                  .in = in,
                  .width = width,
                  .q = q.data(),
                  .scales = scales.data(),
                  .offsets = offsets.data()});
  return {width,
          {q.begin(), q.end()},
          {scales.begin(), scales.end()},
          {offsets.begin(), offsets.end()}};
}

bool same(const Tile& a, const Tile& b) {
  return a.values == b.values && a.offsets == b.offsets &&
         support::first_difference(a.scales, b.scales) == -1;
}

// One row of one group that begins with `values`.
Tile quantize_group(const kernels::Table& table, std::vector<float> values) {
  values.resize(kGroup);
  return quantize(table, values, 1, kGroup);
}

}  // namespace

TEST_CASE("quantize gives the bits of the reference in every table") {
  Random random(1);
  const kernels::Table& reference = *kernels::find("reference");
  for (const int in : {1, 3, 4, 5, 31, 32, 33, 63, 64, 65, 96, 172, 288, 1000})
    for (int width = 1; width <= kernels::kTile; ++width) {
      std::vector<float> x = support::random_floats(random, width * in, -3.0f, 3.0f);
      if (in % 2 == 1) x[static_cast<std::size_t>(random.below(width * in))] = 1e4f;
      const Tile want = quantize(reference, x, width, in, 2);
      for (const kernels::Table* table : support::running_tables()) {
        CAPTURE(support::name_of(*table));
        CAPTURE(in);
        CAPTURE(width);
        REQUIRE(same(want, quantize(*table, x, width, in, 2)));
      }
    }
}

TEST_CASE("quantize gives the bits of the reference for numbers around which it could go wrong") {
  Random random(2);
  const kernels::Table& reference = *kernels::find("reference");
  const std::vector<float> special = support::special_floats();
  for (int round = 0; round < 400; ++round) {
    std::vector<float> x = support::random_floats(random, kGroup, -1e-30f, 1e-30f);
    for (int i = random.below(4); i >= 0; --i)
      x[static_cast<std::size_t>(random.below(kGroup))] =
          special[static_cast<std::size_t>(random.below(static_cast<int>(special.size())))];
    const Tile want = quantize(reference, x, 1, kGroup);
    for (const kernels::Table* table : support::running_tables()) {
      CAPTURE(support::name_of(*table));
      CAPTURE(round);
      REQUIRE(same(want, quantize(*table, x, 1, kGroup)));
    }
  }
}

TEST_CASE("a quantised value is within half a step of the value, and the largest becomes 127") {
  Random random(3);
  for (const kernels::Table* table : support::running_tables()) {
    CAPTURE(support::name_of(*table));
    for (const float size : {1e-29f, 1e-6f, 1.0f, 1e6f, 1e38f}) {
      const int in = 3 * kGroup;
      const std::vector<float> x = support::random_floats(random, in, -size, size);
      const Tile tile = quantize(*table, x, 1, in);
      for (int g = 0; g < in / kGroup; ++g) {
        const double scale = double{tile.scale(0, g)};
        int top = 0, sum = 0;
        for (int i = g * kGroup; i < (g + 1) * kGroup; ++i) {
          const int q = tile.q(0, i);
          top = std::max(top, std::abs(q));
          sum += q;
          // x * (127 / top) and the scale itself are rounded: a few 2^-24 of 127 steps.
          CAPTURE(size);
          CAPTURE(i);
          REQUIRE(std::fabs(double{x[static_cast<std::size_t>(i)]} - q * scale) <= 0.50004 * scale);
        }
        CHECK(top == 127);
        CHECK(tile.sum(0, g) == sum);
      }
    }
  }
}

TEST_CASE("quantize rounds ties to even") {
  for (const kernels::Table* table : support::running_tables()) {
    CAPTURE(support::name_of(*table));
    const Tile tile = quantize_group(
        *table, {127.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 126.5f, -126.5f, -127.0f});
    const int want[] = {127, 0, 2, 2, 0, -2, -2, 126, -126, -127};
    for (int i = 0; i < 10; ++i) {
      CAPTURE(i);
      CHECK(tile.q(0, i) == want[i]);
    }
    CHECK(tile.scale(0, 0) == 127 * (1.0f / 127));
  }
}

TEST_CASE("a group that holds a NaN or an infinity has scale NaN, zeros, and no sum") {
  for (const kernels::Table* table : support::running_tables())
    for (const float bad : {kNan, -kNan, kInfinity, -kInfinity}) {
      CAPTURE(support::name_of(*table));
      CAPTURE(bad);
      std::vector<float> x(2 * kGroup, 1.0f);
      x[40] = bad;
      const Tile tile = quantize(*table, x, 1, 2 * kGroup);
      CHECK(tile.scale(0, 0) == 1.0f / 127);
      CHECK(tile.sum(0, 0) == 127 * kGroup);
      CHECK(std::isnan(tile.scale(0, 1)));
      CHECK(tile.sum(0, 1) == 0);
      for (int i = kGroup; i < 2 * kGroup; ++i) REQUIRE(tile.q(0, i) == 0);
    }
}

TEST_CASE("a group below 1e-30 is zeros with scale 0, and one at 1e-30 is not") {
  for (const kernels::Table* table : support::running_tables()) {
    CAPTURE(support::name_of(*table));
    for (const float top : {0.0f, -0.0f, 1e-45f, 1e-38f, std::nextafter(1e-30f, 0.0f)}) {
      const Tile tile = quantize_group(*table, {top, -top / 2});
      CHECK(support::same_bits(tile.scale(0, 0), 0.0f));
      CHECK(tile.sum(0, 0) == 0);
      CHECK(std::all_of(tile.values.begin(), tile.values.end(), [](int q) { return q == 0; }));
    }
    const Tile tile = quantize_group(*table, {1e-30f, -5e-31f});
    CHECK(tile.q(0, 0) == 127);
    CHECK(tile.q(0, 1) == -64);
    CHECK(tile.scale(0, 0) > 0.0f);
  }
}

TEST_CASE("inputs past the end of a row count as zeros") {
  for (const kernels::Table* table : support::running_tables()) {
    CAPTURE(support::name_of(*table));
    const Tile tile = quantize(*table, std::vector<float>(3 * 37, 2.0f), 3, 37);
    for (int t = 0; t < 3; ++t) {
      CHECK(tile.sum(t, 1) == 5 * 127);
      for (int i = 0; i < 2 * kGroup; ++i) REQUIRE(tile.q(t, i) == (i < 37 ? 127 : 0));
    }
  }
}

TEST_CASE("quantize gives this checksum on every architecture") {
  for (const kernels::Table* table : support::running_tables()) {
    CAPTURE(support::name_of(*table));
    Random random(4);
    support::Checksum checksum;
    for (int width = 1; width <= kernels::kTile; ++width) {
      const int in = 177;
      const Tile tile =
          quantize(*table, support::random_floats(random, width * in, -9.0f, 5.0f), width, in);
      for (const int q : tile.values) checksum.add(static_cast<float>(q));
      for (const int offset : tile.offsets) checksum.add(static_cast<float>(offset / -128));
      checksum.add(tile.scales);
    }
    CHECK(checksum.value() == 16081180528417359353u);
  }
}
