#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "tests/kernels/attention_setup.h"

// What positions become in pages, above all as int8.
namespace {

using namespace linnet;
using support::AttentionSetup;
using support::PageType;
using support::Random;

// One position written into a page of 0xff bytes by a table; the page as bytes.
std::vector<unsigned char> stored(const kernels::Table& table, PageType type, int d_head, int slot,
                                  const std::vector<float>& key, const std::vector<float>& value) {
  std::vector<unsigned char> page(
      static_cast<std::size_t>(16 * (d_head + kernels::value_stride(d_head)) * 4 + 128), 0xff);
  table.store_key_value({.key = key.data(),
                         .value = value.data(),
                         .page = reinterpret_cast<std::byte*>(page.data()),
                         .key_offset = 0,
                         .value_offset = std::int64_t{16} * d_head * 4 + 64,
                         .type = type,
                         .d_head = d_head,
                         .slot = slot});
  return page;
}

TEST_CASE("storing a position writes the same bytes in every table and touches no other slot") {
  Random random(71);
  for (const PageType type : {PageType::f32, PageType::f16, PageType::int8})
    for (const int d_head : {1, 5, 8, 15, 16, 17, 33, 64, 100}) {
      auto key = support::random_floats(random, d_head, -9.0f, 9.0f);
      auto value = support::random_floats(random, d_head, -1e-4f, 1e-4f);
      const std::vector<float> rounding = {65519.0f,  65520.0f, 1.0f + 0x1p-11f, 1.0f + 0x3p-11f,
                                           0x1p-24f,  0x1p-25f, 0x1.8p-25f,      -0.0f,
                                           HUGE_VALF, 6.1e-5f};
      for (std::size_t i = 0; i < value.size(); i += 2)
        value[i] = rounding[i / 2 % rounding.size()];
      for (const int slot : {0, 7, 15}) {
        const auto expected = stored(*kernels::find("reference"), type, d_head, slot, key, value);
        const std::int64_t bytes =
            (kernels::key_page_bytes(type, d_head) + kernels::value_page_bytes(type, d_head)) / 16;
        CHECK(std::count(expected.begin(), expected.end(), 0xff) >=
              static_cast<std::int64_t>(expected.size()) - bytes);
        for (const kernels::Table* table : support::running_tables()) {
          INFO(support::name_of(*table) << ", d_head = " << d_head);
          CHECK(stored(*table, type, d_head, slot, key, value) == expected);
        }
      }
    }
}

TEST_CASE("a subnormal half-precision number in a page counts with its exact value") {
  for (const kernels::Table* table : support::running_tables()) {
    Random random(72);
    AttentionSetup setup({1, 16, 1, PageType::f16}, random);
    const std::vector<float> tiny(16, 0x1p-24f), key(16, 1.0f);
    setup.store(0, key, tiny);
    INFO(support::name_of(*table));
    CHECK(setup.attend(*table)[5] == 0x1p-24f);
  }
}

// What `table` makes of one key, in slot 5 of an int8 page.
struct StoredKey {
  std::vector<int> integers;
  float scale;
};
StoredKey stored_int8(const kernels::Table& table, const std::vector<float>& key) {
  const int d_head = static_cast<int>(key.size());
  const auto page = stored(table, PageType::int8, d_head, 5, key, key);
  StoredKey found{{}, 0};
  for (std::size_t d = 0; d < key.size(); ++d)
    found.integers.push_back(static_cast<signed char>(page[d * 16 + 5]));
  std::memcpy(&found.scale, page.data() + kernels::key_scales_offset(d_head) + 5 * 4, 4);
  return found;
}

TEST_CASE("an int8 key lies within half a step of what was stored, and its largest number is 127") {
  Random random(73);
  for (const kernels::Table* table : support::running_tables())
    for (const float size : {1e-29f, 1e-3f, 1.0f, 1.5e38f})
      for (const int d_head : {1, 7, 16, 40, 512}) {
        auto key = support::random_floats(random, d_head, -size, size);
        key[0] = size;
        const StoredKey found = stored_int8(*table, key);
        INFO(support::name_of(*table) << ", d_head = " << d_head << ", size = " << size);
        int most = 0;
        for (std::size_t d = 0; d < key.size(); ++d) {
          most = std::max(most, std::abs(found.integers[d]));
          // Scale and factor are rounded: at 127 steps that is less than a thousandth of a step.
          CHECK(std::fabs(double{found.scale} * found.integers[d] - double{key[d]}) <=
                0.501 * double{found.scale});
        }
        CHECK(most == 127);
      }
}

TEST_CASE("ties round to even, zeros have the scale 0, and what is not finite has the scale NaN") {
  const std::vector<float> ties = {127.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, -127.0f};
  for (const kernels::Table* table : support::running_tables()) {
    INFO(support::name_of(*table));
    const StoredKey even = stored_int8(*table, ties);
    CHECK(even.integers == std::vector<int>{127, 0, 2, 2, 0, -2, -2, -127});
    CHECK(even.scale == 1.0f);
    for (const float small : {0.0f, -0.0f, 9e-31f}) {
      const StoredKey none = stored_int8(*table, std::vector<float>(21, small));
      CHECK(none.integers == std::vector<int>(21, 0));
      CHECK(none.scale == 0.0f);
    }
    for (const float bad : {std::nanf(""), -std::nanf("1"), HUGE_VALF, -HUGE_VALF})
      for (const std::size_t at : {0u, 16u, 20u}) {
        std::vector<float> key(21, 1.0f);
        key[at] = bad;
        const StoredKey spoilt = stored_int8(*table, key);
        CHECK(spoilt.integers == std::vector<int>(21, 0));
        CHECK(std::bit_cast<std::uint32_t>(spoilt.scale) == 0x7fc00000u);
      }
  }
}

TEST_CASE("a NaN or an infinity in an int8 page makes NaN of every row that sees it and no other") {
  for (const kernels::Table* table : support::running_tables())
    for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF})
      for (const bool in_key : {true, false}) {
        Random random(74);
        AttentionSetup setup({8, 20, 70, PageType::int8}, random);
        setup.see_causally(62);
        std::vector<float> fine(20, 0.5f), bent = fine;
        bent[19] = bad;
        setup.store(66, in_key ? bent : fine, in_key ? fine : bent);
        const auto y = setup.attend(*table);
        INFO(support::name_of(*table));
        for (int row = 0; row < 8; ++row)
          for (int d = 0; d < 20; ++d)
            CHECK(std::isnan(y[static_cast<std::size_t>(row * 21 + d)]) == (row >= 4));
      }
}

// Beside f32 pages with the same numbers. With the step of a key being its largest number / 127, a
// product errs by at most half a step times the sum of |q|: e, after `scale`. A share then errs by
// a factor between exp(-2 e) and exp(2 e), and a value by half a step of its own.
TEST_CASE("int8 pages give what f32 pages give, as near as their steps allow") {
  constexpr int kRows = 6, kWidth = 48, kKeys = 150;
  for (const kernels::Table* table : support::running_tables()) {
    Random random(75), again(75);
    AttentionSetup floats({kRows, kWidth, kKeys, PageType::f32}, random);
    AttentionSetup steps({kRows, kWidth, kKeys, PageType::int8}, again);
    REQUIRE(floats.q == steps.q);
    floats.scale = steps.scale = 0.144f;
    const auto want = floats.attend(*table), found = steps.attend(*table);
    constexpr double kLargest = 2, kHalfStep = kLargest / 127 / 2;
    double squares = 0, differences = 0;
    for (int r = 0; r < kRows; ++r) {
      double sum = 0;
      for (int d = 0; d < kWidth; ++d)
        sum += std::fabs(double{floats.q[static_cast<std::size_t>(r * floats.q_stride + d)]});
      const double e = double{floats.scale} * sum * kHalfStep;
      const double bound = std::expm1(2 * e) * kLargest + kHalfStep;
      for (int d = 0; d < kWidth; ++d) {
        const auto at = static_cast<std::size_t>(r * (kWidth + 1) + d);
        const double difference = double{found[at]} - double{want[at]};
        CHECK(std::fabs(difference) <= bound);
        squares += double{want[at]} * double{want[at]};
        differences += difference * difference;
      }
    }
    // Errors of a step are spread evenly, so that most of them cancel.
    INFO(support::name_of(*table));
    CHECK(std::sqrt(differences / squares) < 0.02);
  }
}

}  // namespace
