#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/kernels/attention_setup.h"

namespace {

using namespace linnet;
using support::AttentionSetup;
using support::AttentionShape;
using support::PageType;
using support::Random;

constexpr PageType kTypes[] = {PageType::f32, PageType::f16, PageType::int8};

void check_all_tables(const AttentionSetup& setup) {
  const auto expected = setup.attend(*kernels::find("reference"));
  for (const kernels::Table* table : support::running_tables()) {
    INFO(support::name_of(*table) << ", rows = " << setup.shape.rows << ", d_head = "
                                  << setup.shape.d_head << ", positions = " << setup.shape.positions
                                  << ", page type " << static_cast<int>(setup.shape.type));
    CHECK(support::first_difference(setup.attend(*table), expected) == -1);
  }
}

TEST_CASE("attention gives the bits of the reference in every table, for every width of a head") {
  Random random(61);
  std::vector<int> widths = {63, 64, 65, 80, 96, 112, 128, 200, 512};
  for (int d = 1; d <= 50; ++d) widths.push_back(d);
  for (const int d_head : widths)
    for (const PageType type : kTypes) {
      AttentionSetup setup({1 + random.below(8), d_head, 40 + random.below(60), type}, random);
      setup.see_causally(setup.shape.positions - setup.shape.rows);
      check_all_tables(setup);
    }
}

TEST_CASE("attention gives the bits of the reference for any number of rows and any masks") {
  Random random(62);
  for (int round = 0; round < 60; ++round) {
    const AttentionShape shape{.rows = 1 + random.below(14),
                               .d_head = 1 + random.below(40),
                               .positions = 1 + random.below(200),
                               .type = kTypes[round % 3],
                               .biased = round % 4 == 0,
                               .soft_cap = round % 5 == 0 ? 5.0f : 0.0f};
    AttentionSetup setup(shape, random);
    check_all_tables(setup);
    setup.see_anything(random);
    check_all_tables(setup);
  }
}

TEST_CASE("a sliding window gives the bits of the reference at every position") {
  Random random(63);
  for (const PageType type : {PageType::f16, PageType::int8})
    for (const int window : {1, 15, 16, 17, 64, 70}) {
      AttentionSetup setup({150, 16, 150, type}, random);
      setup.see_causally(0, window);
      check_all_tables(setup);
    }
}

TEST_CASE("a tile of rows gives each row the bits that it gets alone") {
  Random random(64);
  for (const kernels::Table* table : support::running_tables())
    for (int round = 0; round < 12; ++round) {
      const int rows = 2 + random.below(12);
      AttentionSetup setup({rows, 24, 130 + rows, kTypes[round % 3], round % 4 == 0}, random);
      if (round % 2) setup.see_causally(130);
      if (round % 4 == 0) setup.see_anything(random);
      const auto together = setup.attend(*table);
      std::vector<float> alone;
      for (int r = 0; r < rows; ++r) {
        const auto y = setup.attend(*table, r, r + 1);
        alone.insert(alone.end(), y.begin(), y.end());
      }
      INFO(support::name_of(*table) << ", rows = " << rows);
      CHECK(support::first_difference(together, alone) == -1);
    }
}

TEST_CASE("a row that sees no key gives zeros, also beside rows that see some") {
  Random random(65);
  for (const kernels::Table* table : support::running_tables()) {
    for (const PageType type : kTypes) {
      AttentionSetup setup({7, 20, 33, type}, random);
      setup.first = {0, 5, 33, 0, 3, 17, 0};
      setup.last = {0, 5, 33, 33, 9, 17, 1};
      const auto y = setup.attend(*table);
      for (const int row : {0, 1, 2, 5})
        for (int d = 0; d < 20; ++d) CHECK(y[static_cast<std::size_t>(row * 21 + d)] == 0.0f);
      check_all_tables(setup);
    }
  }
}

TEST_CASE("keys and values that no row sees do not matter") {
  Random random(66);
  for (const PageType type : kTypes) {
    AttentionSetup setup({6, 40, 90, type}, random);
    setup.see_causally(60, 20);  // [41, 61) ... [46, 66)
    const auto expected = setup.attend(*kernels::find("reference"));
    const std::byte* first_page = setup.pages[0];
    for (const float garbage : {0.0f, 1e4f, HUGE_VALF, -HUGE_VALF, std::nanf("")}) {
      setup.spoil_from(66, garbage);
      for (int p = 0; p < 41; ++p)
        setup.store(p, std::vector<float>(40, garbage), std::vector<float>(40, garbage));
      setup.pages[0] = setup.pages[1] = nullptr;  // nor pages that are gone
      for (const kernels::Table* table : support::running_tables())
        CHECK(support::first_difference(setup.attend(*table), expected) == -1);
      setup.pages[0] = first_page;
      setup.pages[1] = first_page;
    }
  }
}

TEST_CASE("a value that one row does not see cannot spoil it through a row that does") {
  Random random(67);
  for (const kernels::Table* table : support::running_tables()) {
    for (const PageType type : kTypes) {
      AttentionSetup setup({6, 24, 70, type}, random);
      setup.see_causally(60);
      const auto before = setup.attend(*table);
      const std::vector<float> key(24, 0.5f), value(24, HUGE_VALF);
      setup.store(63, key, value);  // seen by rows 3, 4 and 5
      const auto after = setup.attend(*table);
      for (int i = 0; i < 3 * 25; ++i)
        CHECK(support::same_bits(before[static_cast<std::size_t>(i)],
                                 after[static_cast<std::size_t>(i)]));
      CHECK_FALSE(std::isfinite(after[3 * 25]));
      check_all_tables(setup);
    }
  }
}

TEST_CASE("NaN, infinite and enormous scores spread as in the reference") {
  Random random(68);
  for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF, 1e30f, -3e38f})
    for (const PageType type : kTypes)
      for (const int at : {0, 15, 40, 64, 79}) {
        AttentionSetup setup({5, 16, 80, type}, random);
        setup.see_causally(75);
        std::vector<float> bent(16, 0.25f);
        bent[3] = bad;
        setup.store(at, bent, std::vector<float>(16, 1.0f));
        check_all_tables(setup);
        setup.store(at, std::vector<float>(16, 0.25f), bent);
        check_all_tables(setup);
        AttentionSetup biased({5, 16, 80, type, true}, random);
        biased.bias[static_cast<std::size_t>(at)] = bad;
        check_all_tables(biased);
      }
}

// Against double precision, with the numbers that the pages hold. A score is a chain of d_head
// roundings, each at most 2^-24 of the sum of |q k|, then a product (int8: two), the cap and the
// bias; a share errs by that much, relatively, on both sides of the fraction (int8: and its weight
// by one more); the chain over the values adds a rounding per key, fades two per block.
void check_truth(const AttentionSetup& s) {
  const auto y = s.attend(*kernels::find("reference"));
  const AttentionShape& shape = s.shape;
  for (int r = 0; r < shape.rows; ++r) {
    const auto row = static_cast<std::size_t>(r);
    const int count = s.last[row] - s.first[row];
    std::vector<double> p;
    double total = 0, roughness = 0;
    for (int j = s.first[row]; j < s.last[row]; ++j) {
      double score = 0, size = 0;
      for (int d = 0; d < shape.d_head; ++d) {
        const double product =
            double{s.q[static_cast<std::size_t>(r * s.q_stride + d)]} * s.key(j, d);
        score += product * s.scale;
        size += std::fabs(product * s.scale);
      }
      if (shape.soft_cap != 0) score = shape.soft_cap * std::tanh(score / shape.soft_cap);
      if (shape.biased) score += s.bias[static_cast<std::size_t>(r * s.bias_stride + j)];
      roughness = std::max(roughness, size);
      p.push_back(std::exp(score));
      total += p.back();
    }
    const double step =
        2 * (2 * (shape.d_head + 10) * (roughness + 1) + count + count / 32 + 40) * 0x1p-24;
    for (int d = 0; d < shape.d_head; ++d) {
      double truth = 0;
      for (int j = 0; j < count; ++j)
        truth += p[static_cast<std::size_t>(j)] / total * s.value(s.first[row] + j, d);
      const double largest_value = 2;
      CHECK(std::fabs(y[static_cast<std::size_t>(r * (shape.d_head + 1) + d)] - truth) <=
            step * largest_value);
    }
  }
}

TEST_CASE("attention is as close to double precision as its roundings allow") {
  Random random(69);
  for (const PageType type : kTypes)
    for (const bool biased : {false, true})
      for (const float cap : {0.0f, 4.0f}) {
        AttentionSetup setup({6, 48, 150, type, biased, cap}, random);
        setup.see_causally(144, 100);
        check_truth(setup);
      }
}

TEST_CASE("attention gives the bits that every machine gives") {
  const auto checksum_of = [](const kernels::Table& table, std::vector<PageType> types) {
    Random random(70);
    support::Checksum checksum;
    for (const int d_head : {8, 20, 64})
      for (const PageType type : types)
        for (const float cap : {0.0f, 3.0f}) {
          AttentionSetup setup({9, d_head, 150, type, cap != 0.0f, cap}, random);
          setup.see_causally(141, 120);
          checksum.add(setup.attend(table));
        }
    return checksum.value();
  };
  for (const kernels::Table* table : support::running_tables()) {
    INFO(support::name_of(*table));
    CHECK(checksum_of(*table, {PageType::f32, PageType::f16}) == 0xe055d0b934a536a9u);
    CHECK(checksum_of(*table, {PageType::int8}) == 4120962393653339204u);
  }
}

}  // namespace
