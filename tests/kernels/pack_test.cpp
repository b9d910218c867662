#include "kernels/pack.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "tests/kernels/pack_setup.h"
#include "tests/support/bits.h"

namespace {

using namespace linnet;
using kernels::kGroup, kernels::kPanel;
using support::Guarded, support::I8Matrix, support::Random;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// The value of a half-precision number by its definition (IEEE 754, section 3.4).
double half_value(int bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

}  // namespace

TEST_CASE("every half-precision number has the value of its definition and survives both ways") {
  for (int bits = 0; bits < 65536; ++bits) {
    CAPTURE(bits);
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = kernels::from_f16(half);
    if ((bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0) {
      REQUIRE(std::isnan(value));
      REQUIRE(kernels::to_f16(value) == (bits | 0x200));  // quiet
      continue;
    }
    if ((bits & 0x7fff) == 0x7c00) {
      REQUIRE(value == (bits & 0x8000 ? -kInfinity : kInfinity));
    } else {
      REQUIRE(double{value} == half_value(bits));
    }
    REQUIRE(kernels::to_f16(value) == half);
    REQUIRE(std::signbit(value) == ((bits & 0x8000) != 0));
  }
}

TEST_CASE("to_f16 rounds to the nearest number, halfway to the even one") {
  // Halfway between neighbours, and one float to either side; 65520 stands before infinity.
  for (int bits = 0; bits < 0x7c00; ++bits) {
    CAPTURE(bits);
    const double above = bits == 0x7bff ? 65536.0 : half_value(bits + 1);
    const auto middle = static_cast<float>((half_value(bits) + above) / 2);
    const int even = bits % 2 == 0 ? bits : bits + 1;
    REQUIRE(kernels::to_f16(middle) == even);
    REQUIRE(kernels::to_f16(-middle) == (even | 0x8000));
    REQUIRE(kernels::to_f16(std::nextafter(middle, 0.0f)) == bits);
    REQUIRE(kernels::to_f16(std::nextafter(middle, kInfinity)) == bits + 1);
  }
  CHECK(kernels::to_f16(std::numeric_limits<float>::max()) == 0x7c00);
  CHECK(kernels::to_f16(std::numeric_limits<float>::denorm_min()) == 0);
}

TEST_CASE("to_bf16_up gives the smallest bfloat16 that is not below") {
  Random random(1);
  std::vector<float> values = {0.0f, 1.0f, 0.1f, 1e-38f, 1e-45f, 3e38f, 127.0f / 128};
  for (int i = 0; i < 20000; ++i)
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random.below(0x7f000000))));
  for (const float value : values) {
    CAPTURE(value);
    const std::uint16_t bits = kernels::to_bf16_up(value);
    REQUIRE(kernels::from_bf16(bits) >= value);
    if (bits > 0) REQUIRE(kernels::from_bf16(static_cast<std::uint16_t>(bits - 1)) < value);
  }
}

TEST_CASE("a float panel is [in][16], and rows come back as they were") {
  Random random(2);
  for (const int in : {1, 3, 32, 50}) {
    const int out = 2 * kPanel - 3;
    std::vector<float> rows = support::random_floats(random, out * in, -2.0f, 2.0f);
    rows[0] = kNan;
    Guarded<std::byte> panels(2 * kernels::panel_bytes_f32(in), kernels::kAlignment);
    std::fill(panels.begin(), panels.end(), std::byte{0xa5});
    kernels::pack_panel_f32(panels.data(), rows.data(), kPanel, in);
    kernels::pack_panel_f32(panels.data() + kernels::panel_bytes_f32(in), rows.data() + kPanel * in,
                            out - kPanel, in);
    std::vector<float> y(static_cast<std::size_t>(in));
    for (int r = 0; r < 2 * kPanel; ++r) {
      kernels::unpack_row_f32(y.data(), panels.data(), r, in);
      for (int i = 0; i < in; ++i) {
        CAPTURE(in);
        CAPTURE(r);
        CAPTURE(i);
        const float want = r < out ? rows[static_cast<std::size_t>(r * in + i)] : 0.0f;
        const float got = y[static_cast<std::size_t>(i)];
        REQUIRE((got == want || (std::isnan(got) && std::isnan(want))));
      }
    }
    float stored;
    std::memcpy(&stored, panels.data() + (std::int64_t{in - 1} * kPanel + 5) * 4, sizeof stored);
    CHECK(stored == rows[static_cast<std::size_t>(5 * in + in - 1)]);
  }
}

TEST_CASE("a half-precision panel is [in][16] and zeros, and rows come back rounded") {
  Random random(3);
  for (const int in : {1, 3, 32, 51}) {
    const int out = kPanel - 2;
    const std::vector<float> rows = support::random_floats(random, out * in, -2.0f, 2.0f);
    Guarded<std::byte> panel(kernels::panel_bytes_f16(in), kernels::kAlignment);
    std::fill(panel.begin(), panel.end(), std::byte{0xa5});
    kernels::pack_panel_f16(panel.data(), rows.data(), out, in);
    std::vector<float> y(static_cast<std::size_t>(in));
    for (int r = 0; r < kPanel; ++r) {
      kernels::unpack_row_f16(y.data(), panel.data(), r, in);
      for (int i = 0; i < in; ++i) {
        CAPTURE(in);
        CAPTURE(r);
        CAPTURE(i);
        const float want = r < out ? rows[static_cast<std::size_t>(r * in + i)] : 0.0f;
        REQUIRE(y[static_cast<std::size_t>(i)] == kernels::from_f16(kernels::to_f16(want)));
      }
    }
    for (std::int64_t i = std::int64_t{in} * kPanel * 2; i < panel.size(); ++i)
      REQUIRE(panel[i] == std::byte{0});
  }
}

TEST_CASE("int8 values lie within half a step, and the error that is told is the error made") {
  Random random(4);
  for (const int in : {1, 31, 32, 33, 64, 96, 130, 288}) {
    const int out = kPanel + 5;
    const std::vector<float> rows =
        support::random_floats(random, kernels::panels_of(out) * kPanel * in, -0.3f, 0.2f);
    const I8Matrix matrix(rows, out, in);
    double squared = 0, total = 0, largest = 0;
    for (int r = 0; r < out; ++r) {
      const std::vector<float> back = matrix.row(r);
      for (int i = 0; i < in; ++i) {
        const float* group = rows.data() + r * in + i / kGroup * kGroup;
        const int count = std::min(kGroup, in - i / kGroup * kGroup);
        float top = 0.0f;
        for (int j = 0; j < count; ++j) top = std::max(top, std::fabs(group[j]));
        const double value = double{rows[static_cast<std::size_t>(r * in + i)]};
        const double difference = std::fabs(value - double{back[static_cast<std::size_t>(i)]});
        CAPTURE(in);
        CAPTURE(r);
        CAPTURE(i);
        // The scale is top / 127, rounded up to 8 bits: at most 1/128 larger.
        REQUIRE(difference <= 0.5001 * double{top} / 127 * (129.0 / 128));
        squared += difference * difference;
        total += value * value;
        largest = std::max(largest, difference);
      }
    }
    // unpack_row_i8 rounds the product to a float, the report does not.
    CHECK(matrix.error.squared == doctest::Approx(squared).epsilon(1e-4));
    CHECK(matrix.error.squared_total == doctest::Approx(total).epsilon(1e-12));
    CHECK(matrix.error.largest == doctest::Approx(largest).epsilon(1e-4));
  }
}

TEST_CASE("an int8 panel has the order of the format: quads of 16 rows, then scales, then zeros") {
  const int in = 96 + 3;  // a block, then a block of one whole and one short group
  std::vector<std::int8_t> rows(static_cast<std::size_t>(kPanel * in));
  std::vector<std::uint16_t> scales(static_cast<std::size_t>(kPanel * 4));
  Random random(5);
  for (std::int8_t& v : rows) v = static_cast<std::int8_t>(random.below(255) - 127);
  for (std::uint16_t& v : scales) v = static_cast<std::uint16_t>(random.below(65536));
  Guarded<std::byte> panel(kernels::kLayoutI8.panel_bytes(in), kernels::kAlignment);
  std::fill(panel.begin(), panel.end(), std::byte{0xa5});
  kernels::pack_panel_i8_exact(panel.data(), rows.data(), scales.data(), kPanel, in);
  CHECK(panel.size() == 2 * 1088);
  for (int r = 0; r < kPanel; ++r) {
    for (int i = 0; i < 128; ++i) {
      CAPTURE(r);
      CAPTURE(i);
      const int at = i / 64 * 1088 + i % 64 / 4 * 64 + r * 4 + i % 4;
      const int want = i < in ? rows[static_cast<std::size_t>(r * in + i)] : 0;
      REQUIRE(static_cast<std::int8_t>(panel[at]) == want);
    }
    for (int g = 0; g < 4; ++g) {
      std::uint16_t bits;
      std::memcpy(&bits, panel.data() + g / 2 * 1088 + 1024 + g % 2 * 32 + r * 2, sizeof bits);
      REQUIRE(bits == scales[static_cast<std::size_t>(r * 4 + g)]);
    }
  }
}

TEST_CASE("a single last group ends an int8 panel with a half block") {
  const int in = 64 + 32;
  std::vector<std::int8_t> rows(static_cast<std::size_t>(3 * in), std::int8_t{7});
  std::vector<std::uint16_t> scales(3 * 3, 0x3c00);
  Guarded<std::byte> panel(kernels::kLayoutI8.panel_bytes(in), kernels::kAlignment);
  std::fill(panel.begin(), panel.end(), std::byte{0xa5});
  kernels::pack_panel_i8_exact(panel.data(), rows.data(), scales.data(), 3, in);
  CHECK(panel.size() == 1088 + 576);
  for (int i = 1088; i < panel.size(); ++i) {
    CAPTURE(i);
    const int offset = i - 1088;
    int want = 0;
    if (offset < 512) want = offset % 64 < 3 * 4 ? 7 : 0;
    if (offset >= 512 && offset < 512 + 3 * 2) want = offset % 2 == 1 ? 0x3c : 0;
    REQUIRE(static_cast<int>(panel[i]) == want);
  }
  std::vector<float> y(static_cast<std::size_t>(in));
  kernels::unpack_row_i8(y.data(), panel.data(), kernels::ScaleFormat::f16, 2, in);
  CHECK(std::all_of(y.begin(), y.end(), [](float v) { return v == 7.0f; }));
}

TEST_CASE("int8 values that a scale can hold come back exactly, ties go to even") {
  std::vector<float> row(kGroup);
  row[0] = 127.0f;  // scale 1
  row[1] = -127.0f;
  row[2] = 0.5f;
  row[3] = 1.5f;
  row[4] = -2.5f;
  row[5] = 63.0f;
  const I8Matrix matrix(row, 1, kGroup);
  const std::vector<float> want = {127, -127, 0, 2, -2, 63, 0};
  const std::vector<float> got = matrix.row(0);
  CHECK(std::equal(want.begin(), want.end(), got.begin()));
}

TEST_CASE("groups of zeros and of numbers too small for a scale become zeros with scale 0") {
  for (const float tiny : {0.0f, 1e-45f, 1e-38f, 1.4e-36f}) {
    CAPTURE(tiny);
    std::vector<float> row(2 * kGroup, tiny);
    std::fill_n(row.begin(), kGroup, 1.0f);
    const I8Matrix matrix(row, 1, 2 * kGroup);
    const std::vector<float> back = matrix.row(0);
    CHECK(back[0] > 0.99f);
    CHECK(std::all_of(back.begin() + kGroup, back.end(), [](float v) { return v == 0.0f; }));
    std::uint16_t bits;
    std::memcpy(&bits, matrix.panels.data() + kernels::kLayoutI8.scale_offset(1, 2), sizeof bits);
    CHECK(bits == 0);
  }
  const I8Matrix smallest(std::vector<float>(kGroup, 1.6e-36f), 1, kGroup);
  CHECK(smallest.row(0)[0] > 1.5e-36f);
}

TEST_CASE("to_bf16 gives the nearest bfloat16, halfway the even one") {
  Random random(9);
  for (int i = 0; i < 20000; ++i) {
    const int bits = random.below(0x7f00);
    const float below = kernels::from_bf16(static_cast<std::uint16_t>(bits)),
                above = kernels::from_bf16(static_cast<std::uint16_t>(bits + 1)),
                middle = std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16 | 0x8000u);
    CAPTURE(bits);
    REQUIRE(kernels::to_bf16(below) == bits);
    REQUIRE(kernels::to_bf16(-below) == (bits | 0x8000));
    REQUIRE(kernels::to_bf16(middle) == (bits % 2 == 0 ? bits : bits + 1));
    REQUIRE(kernels::to_bf16(std::nextafter(middle, below)) == bits);
    REQUIRE(kernels::to_bf16(std::nextafter(middle, above)) == bits + 1);
  }
}

TEST_CASE("packing gives this checksum on every architecture") {
  Random random(6);
  const int in = 130;
  const std::vector<float> rows = support::random_floats(random, kPanel * in, -0.7f, 0.9f);
  const I8Matrix matrix(rows, kPanel, in);
  Guarded<std::byte> half(kernels::panel_bytes_f16(in), kernels::kAlignment);
  kernels::pack_panel_f16(half.data(), rows.data(), kPanel, in);
  support::Checksum checksum;
  for (std::int64_t i = 0; i < matrix.panels.size(); ++i)
    checksum.add(static_cast<float>(matrix.panels.data()[i]));
  for (const std::byte b : half) checksum.add(static_cast<float>(b));
  checksum.add(static_cast<float>(matrix.error.squared));
  checksum.add(static_cast<float>(matrix.error.largest));
  CHECK(checksum.value() == 13344626299549810386u);
}
