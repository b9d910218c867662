#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/kernels/pack_setup.h"
#include "tests/support/bits.h"

namespace {

using namespace linnet;
using kernels::kGroup, kernels::kPanel;
using support::Guarded, support::I4Matrix, support::Random;

// The sum of squared errors of int4 values whose scale, rounded up, brings the value of largest
// magnitude to `place`.
double error_with(const float* x, int count, float place) {
  float top = 0.0f;
  for (int i = 0; i < count; ++i)
    if (std::fabs(x[i]) > std::fabs(top)) top = x[i];
  const float size = kernels::from_bf16(kernels::to_bf16_up(std::fabs(top / place)));
  const float scale = std::copysign(size, top / place);
  double squared = 0;
  for (int i = 0; i < count; ++i) {
    const float q = std::clamp(std::nearbyint(x[i] / scale), -8.0f, 7.0f);
    const double difference = double{x[i]} - double{q} * double{scale};
    squared += difference * difference;
  }
  return squared;
}

}  // namespace

TEST_CASE("an int4 panel has the order of the format: two quads to a byte, scales, zeros") {
  const int in = 96 + 3;
  std::vector<std::int8_t> rows(static_cast<std::size_t>(kPanel * in));
  std::vector<std::uint16_t> scales(static_cast<std::size_t>(kPanel * 4));
  Random random(7);
  for (std::int8_t& v : rows) v = static_cast<std::int8_t>(random.below(16) - 8);
  for (std::uint16_t& v : scales) v = static_cast<std::uint16_t>(random.below(65536));
  Guarded<std::byte> panel(kernels::kLayoutI4.panel_bytes(in), kernels::kAlignment);
  std::fill(panel.begin(), panel.end(), std::byte{0xa5});
  kernels::pack_panel_i4_exact(panel.data(), rows.data(), scales.data(), kPanel, in);
  CHECK(panel.size() == 2 * 576);
  for (int r = 0; r < kPanel; ++r) {
    for (int i = 0; i < 128; ++i) {
      CAPTURE(r);
      CAPTURE(i);
      const int at = i / 64 * 576 + i % 64 / 8 * 64 + r * 4 + i % 4;
      const int both = static_cast<int>(panel[at]);
      const int want = i < in ? rows[static_cast<std::size_t>(r * in + i)] : 0;
      REQUIRE((i % 8 < 4 ? both % 16 : both / 16) - 8 == want);
    }
    for (int g = 0; g < 4; ++g) {
      std::uint16_t bits;
      std::memcpy(&bits, panel.data() + g / 2 * 576 + 512 + g % 2 * 32 + r * 2, sizeof bits);
      REQUIRE(bits == scales[static_cast<std::size_t>(r * 4 + g)]);
    }
  }
}

TEST_CASE("a single last group ends an int4 panel with a half block") {
  const int in = 64 + 32;
  std::vector<std::int8_t> rows(static_cast<std::size_t>(3 * in), std::int8_t{-7});
  std::vector<std::uint16_t> scales(3 * 3, 0xbc00);
  Guarded<std::byte> panel(kernels::kLayoutI4.panel_bytes(in), kernels::kAlignment);
  std::fill(panel.begin(), panel.end(), std::byte{0xa5});
  kernels::pack_panel_i4_exact(panel.data(), rows.data(), scales.data(), 3, in);
  CHECK(panel.size() == 576 + 320);
  for (int i = 576; i < panel.size(); ++i) {
    CAPTURE(i);
    const int offset = i - 576;
    int want = 0;
    if (offset < 256) want = offset % 64 < 3 * 4 ? 0x11 : 0x88;
    if (offset >= 256 && offset < 256 + 3 * 2) want = offset % 2 == 1 ? 0xbc : 0;
    REQUIRE(static_cast<int>(panel[i]) == want);
  }
  std::vector<float> y(static_cast<std::size_t>(in));
  kernels::unpack_row_i4(y.data(), panel.data(), kernels::ScaleFormat::f16, 2, in);
  CHECK(std::all_of(y.begin(), y.end(), [](float v) { return v == 7.0f; }));
}

TEST_CASE("int4 errors are told as made, and below those of the largest value at -8 or at 7") {
  Random random(8);
  for (const int in : {1, 31, 33, 64, 130, 288}) {
    const std::vector<float> rows = support::random_floats(random, kPanel * in, -0.3f, 0.3f);
    const I4Matrix matrix(rows, kPanel, in);
    double squared = 0, total = 0, largest = 0, plain = 0, mirrored = 0;
    for (int r = 0; r < kPanel; ++r) {
      const std::vector<float> back = matrix.row(r);
      for (int i = 0; i < in; ++i) {
        const float value = rows[static_cast<std::size_t>(r * in + i)];
        const double difference =
            std::fabs(double{value} - double{back[static_cast<std::size_t>(i)]});
        squared += difference * difference;
        total += double{value} * double{value};
        largest = std::max(largest, difference);
      }
      for (int g = 0; g * kGroup < in; ++g) {
        const int first = r * in + g * kGroup, count = std::min(kGroup, in - g * kGroup);
        plain += error_with(rows.data() + first, count, -8.0f);
        mirrored += error_with(rows.data() + first, count, 7.0f);
      }
    }
    CAPTURE(in);
    // unpack_row_i4 rounds the product to a float, the report does not.
    CHECK(matrix.error.squared == doctest::Approx(squared).epsilon(1e-4));
    CHECK(matrix.error.squared_total == doctest::Approx(total).epsilon(1e-12));
    CHECK(matrix.error.largest == doctest::Approx(largest).epsilon(1e-4));
    if (in < kGroup) continue;
    CHECK(matrix.error.squared < 0.9 * plain);
    CHECK(matrix.error.squared < 0.9 * mirrored);
  }
}

TEST_CASE("int4 values that a scale can hold come back exactly, with either sign") {
  for (const float sign : {1.0f, -1.0f}) {
    std::vector<float> row(kGroup);
    for (int i = 0; i < 16; ++i)
      row[static_cast<std::size_t>(i)] = sign * static_cast<float>(i - 8);
    const I4Matrix matrix(row, 1, kGroup);
    CHECK(matrix.row(0) == row);
    CHECK(matrix.error.squared == 0);
  }
}

TEST_CASE("int4 groups of zeros and of numbers too small for a scale become zeros") {
  for (const float tiny : {0.0f, -1e-45f, 1e-38f, -1.8e-37f}) {
    CAPTURE(tiny);
    std::vector<float> row(2 * kGroup, tiny);
    std::fill_n(row.begin(), kGroup, 1.0f);
    const I4Matrix matrix(row, 1, 2 * kGroup);
    const std::vector<float> back = matrix.row(0);
    CHECK(std::fabs(back[0] - 1.0f) < 0.01f);
    CHECK(std::all_of(back.begin() + kGroup, back.end(), [](float v) { return v == 0.0f; }));
    std::uint16_t bits;
    std::memcpy(&bits, matrix.panels.data() + kernels::kLayoutI4.scale_offset(1, 2), sizeof bits);
    CHECK(bits == 0);
  }
  const I4Matrix smallest(std::vector<float>(kGroup, 2e-37f), 1, kGroup);
  CHECK(smallest.row(0)[0] > 1.9e-37f);
  const I4Matrix greatest(std::vector<float>(kGroup, 3e38f), 1, kGroup);
  CHECK(std::fabs(greatest.row(0)[0] / 3e38f - 1) < 0.01f);
}

TEST_CASE("packing int4 gives this checksum on every architecture") {
  Random random(6);
  const int in = 130;
  const std::vector<float> rows = support::random_floats(random, kPanel * in, -0.7f, 0.9f);
  const I4Matrix matrix(rows, kPanel, in);
  support::Checksum checksum;
  for (std::int64_t i = 0; i < matrix.panels.size(); ++i)
    checksum.add(static_cast<float>(matrix.panels.data()[i]));
  checksum.add(static_cast<float>(matrix.error.squared));
  checksum.add(static_cast<float>(matrix.error.largest));
  CHECK(checksum.value() == 2601739838787308151u);
}
