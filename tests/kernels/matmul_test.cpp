#include <doctest/doctest.h>

#include <cmath>

#include "tests/kernels/matmul_setup.h"

namespace {

using namespace linnet;
using kernels::ScaleFormat;
using support::MatmulI4Setup, support::MatmulI8Setup, support::MatmulSetup, support::MatmulShape,
    support::Random;

const kernels::Table& reference() { return *kernels::find("reference"); }

// Every number of panels and tokens around the tiles with a short row, and every length of row with
// a few of them.
std::vector<MatmulShape> shapes() {
  std::vector<MatmulShape> shapes;
  const int tokens[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 17, 20, 23, 31};
  for (const int panels : {0, 1, 2, 3, 4, 5, 9})
    for (const int count : tokens)
      shapes.push_back({33, panels, count, count % 2 == 1, panels % 2 * 3});
  for (const int in : {1, 2, 3, 4, 5, 31, 32, 64, 65, 96, 97, 172, 288, 512})
    for (const int count : {1, 3, 4, 9}) shapes.push_back({in, 2, count, in % 2 == 0, in % 3});
  return shapes;
}

template <class Setup, class... Args>
void every_table_agrees(const MatmulShape& shape, Random& random, Args... args) {
  const Setup setup(shape, args..., random);
  const std::vector<float> want = setup.run(reference());
  for (const kernels::Table* table : support::running_tables()) {
    const std::vector<float> got = setup.run(*table);
    const int at = support::first_difference(want, got);
    CAPTURE(support::name_of(*table));
    CAPTURE(shape.in);
    CAPTURE(shape.panels);
    CAPTURE(shape.tokens);
    CAPTURE(shape.padding);
    CAPTURE(at);
    REQUIRE(at == -1);
  }
}

// The error of a chain of n operations, each rounded once: at most n * 2^-24 of the sum of
// magnitudes, and a little for the bound being an approximation.
double bound(int operations, double magnitudes) { return 1.01 * operations * 0x1p-24 * magnitudes; }

template <class W>
void reference_is_accurate(const MatmulShape& shape, Random& random) {
  const MatmulSetup<W> setup(shape, random);
  const std::vector<float> y = setup.run(reference());
  const int stride = shape.panels * kernels::kPanel + shape.padding;
  for (int t = 0; t < shape.tokens; ++t)
    for (int row = 0; row < shape.panels * kernels::kPanel; ++row) {
      double sum = shape.bias ? double{setup.bias[static_cast<std::size_t>(row)]} : 0.0;
      double magnitudes = std::fabs(sum);
      for (int i = 0; i < shape.in; ++i) {
        const double product =
            double{setup.weight(row, i)} * double{setup.x.data()[t * setup.x_stride + i]};
        sum += product;
        magnitudes += std::fabs(product);
      }
      const double got = double{y[static_cast<std::size_t>(t * stride + row)]};
      CAPTURE(shape.in);
      CAPTURE(t);
      CAPTURE(row);
      REQUIRE(std::fabs(got - sum) <= bound(shape.in + 1, magnitudes));
    }
}

}  // namespace

TEST_CASE("matmul_f32 gives the bits of the reference in every table") {
  Random random(1);
  for (const MatmulShape& shape : shapes()) every_table_agrees<MatmulSetup<float>>(shape, random);
}

TEST_CASE("matmul_f16 gives the bits of the reference in every table") {
  Random random(2);
  for (const MatmulShape& shape : shapes())
    every_table_agrees<MatmulSetup<std::uint16_t>>(shape, random);
}

TEST_CASE("matmul_i8 gives the bits of the reference in every table, with both kinds of scales") {
  Random random(3);
  for (const MatmulShape& shape : shapes()) {
    every_table_agrees<MatmulI8Setup>(shape, random, ScaleFormat::bf16, false);
    every_table_agrees<MatmulI8Setup>(shape, random, ScaleFormat::f16, false);
  }
}

TEST_CASE("matmul_i4 gives the bits of the reference in every table, with both kinds of scales") {
  Random random(10);
  for (const MatmulShape& shape : shapes()) {
    every_table_agrees<MatmulI4Setup>(shape, random, ScaleFormat::bf16, false);
    every_table_agrees<MatmulI4Setup>(shape, random, ScaleFormat::f16, false);
  }
}

TEST_CASE("matmul_i4 does not saturate when every integer is -8 or 7, 127 or -127") {
  Random random(11);
  for (const int tokens : {1, 2, 3, 4, 8, 9})
    for (const int in : {32, 64, 96, 1024})
      every_table_agrees<MatmulI4Setup>({in, 2, tokens}, random, ScaleFormat::bf16, true);
}

TEST_CASE("matmul_i8 does not saturate when every integer is 127 or -127") {
  Random random(4);
  for (const int tokens : {1, 2, 3, 4, 8, 9})
    for (const int in : {32, 64, 96, 1024})
      every_table_agrees<MatmulI8Setup>({in, 2, tokens}, random, ScaleFormat::bf16, true);
}

TEST_CASE(
    "matmul_f32 and matmul_f16 of the reference are as near to the exact sum as their chain") {
  Random random(5);
  for (const int in : {1, 3, 32, 65, 288, 2048}) {
    reference_is_accurate<float>({in, 2, 3, in % 2 == 0, 1}, random);
    reference_is_accurate<std::uint16_t>({in, 2, 3, in % 2 == 0, 1}, random);
  }
}

TEST_CASE_TEMPLATE("matmul of integers in the reference is as near to the exact sum as its chain",
                   Setup, MatmulI8Setup, MatmulI4Setup) {
  Random random(6);
  for (const int in : {1, 31, 32, 33, 64, 96, 288, 1024}) {
    const MatmulShape shape = {in, 2, 6, true, 2};
    const Setup setup(shape, ScaleFormat::bf16, false, random);
    const std::vector<float> y = setup.run(reference());
    const int rows = shape.panels * kernels::kPanel;
    for (int t = 0; t < shape.tokens; ++t)
      for (int row = 0; row < rows; ++row) {
        double sum = double{setup.bias[static_cast<std::size_t>(row)]};
        double magnitudes = std::fabs(sum);
        for (int g = 0; g < setup.groups; ++g) {
          int integers = 0;
          for (int i = g * kernels::kGroup; i < std::min(in, (g + 1) * kernels::kGroup); ++i)
            integers += setup.weight(row, i) * setup.input(t, i);
          const double part = double(integers) * double{setup.weight_scale(row, g)} *
                              double{setup.input_scale(t, g)};
          sum += part;
          magnitudes += std::fabs(part);
        }
        const double got = double{y[static_cast<std::size_t>(t * (rows + shape.padding) + row)]};
        CAPTURE(in);
        CAPTURE(t);
        CAPTURE(row);
        REQUIRE(std::fabs(got - sum) <= bound(setup.groups + 2, magnitudes));
      }
  }
}

TEST_CASE("matmul writes the columns of its panels and no other") {
  Random random(7);
  const MatmulShape shape = {40, 3, 5, true, 5};
  const int columns = shape.panels * kernels::kPanel, stride = columns + shape.padding;
  for (const kernels::Table* table : support::running_tables()) {
    const std::vector<float> results[] = {
        MatmulSetup<float>(shape, random).run(*table),
        MatmulSetup<std::uint16_t>(shape, random).run(*table),
        MatmulI8Setup(shape, ScaleFormat::bf16, false, random).run(*table),
        MatmulI4Setup(shape, ScaleFormat::bf16, false, random).run(*table)};
    for (const std::vector<float>& y : results)
      for (std::size_t i = 0; i < y.size(); ++i) {
        const bool ours = static_cast<int>(i) % stride < columns;
        CAPTURE(support::name_of(*table));
        CAPTURE(i);
        REQUIRE((y[i] == support::kUntouched) == !ours);
      }
  }
}

TEST_CASE("a scale that is not a number reaches every output of its token and of no other") {
  Random random(8);
  MatmulI8Setup setup({64, 2, 5}, ScaleFormat::bf16, false, random);
  setup.x_scales[1] = std::nanf("");  // token 1 of the first tile, group 0
  for (const kernels::Table* table : support::running_tables()) {
    const std::vector<float> y = setup.run(*table);
    for (std::size_t i = 0; i < y.size(); ++i) {
      CAPTURE(support::name_of(*table));
      CAPTURE(i);
      REQUIRE(std::isnan(y[i]) == (i / 32 == 1));
    }
  }
}

TEST_CASE("matmul gives these checksums on every architecture") {
  for (const kernels::Table* table : support::running_tables()) {
    CAPTURE(support::name_of(*table));
    Random random(9);
    support::Checksum f32, f16, i8, i8_half, i4, i4_half;
    for (const MatmulShape& shape : {MatmulShape{172, 3, 7, true, 0}, MatmulShape{288, 9, 1}}) {
      f32.add(MatmulSetup<float>(shape, random).run(*table));
      f16.add(MatmulSetup<std::uint16_t>(shape, random).run(*table));
      i8.add(MatmulI8Setup(shape, ScaleFormat::bf16, false, random).run(*table));
      i8_half.add(MatmulI8Setup(shape, ScaleFormat::f16, false, random).run(*table));
    }
    Random other(12);
    for (const MatmulShape& shape : {MatmulShape{172, 3, 7, true, 0}, MatmulShape{288, 9, 1}}) {
      i4.add(MatmulI4Setup(shape, ScaleFormat::bf16, false, other).run(*table));
      i4_half.add(MatmulI4Setup(shape, ScaleFormat::f16, false, other).run(*table));
    }
    CHECK(f32.value() == 17196326850233277059u);
    CHECK(f16.value() == 1782077015251257670u);
    CHECK(i8.value() == 4673178193839245061u);
    CHECK(i8_half.value() == 18142028250073945921u);
    CHECK(i4.value() == 12782096812007035787u);
    CHECK(i4_half.value() == 13931280091557147599u);
  }
}
