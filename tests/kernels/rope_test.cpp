#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/bits.h"

namespace {

using namespace linnet;
using support::Random;

struct Heads {
  std::vector<float> x, cosines, sines;
  int heads, d_head, pairs;
};

Heads random_heads(Random& random, int heads, int d_head, int pairs) {
  return {support::random_floats(random, heads * d_head + 1, -3.0f, 3.0f),
          support::random_floats(random, pairs, -1.0f, 1.0f),
          support::random_floats(random, pairs, -1.0f, 1.0f),
          heads,
          d_head,
          pairs};
}

std::vector<float> rotated(const kernels::Table& table, Heads h, bool interleaved) {
  table.rotate({.x = h.x.data(),
                .heads = h.heads,
                .d_head = h.d_head,
                .cosines = h.cosines.data(),
                .sines = h.sines.data(),
                .pairs = h.pairs,
                .interleaved = interleaved});
  return h.x;
}

TEST_CASE("rotation gives the bits of the reference in every table, for any number of pairs") {
  Random random(51);
  for (int pairs = 1; pairs <= 40; ++pairs)
    for (const int rest : {0, 1, 6}) {
      const Heads heads = random_heads(random, 1 + random.below(3), 2 * pairs + rest, pairs);
      for (const bool interleaved : {false, true})
        for (const kernels::Table* table : support::running_tables()) {
          INFO(support::name_of(*table)
               << ", pairs = " << pairs << ", rest = " << rest << ", " << interleaved);
          CHECK(support::first_difference(
                    rotated(*table, heads, interleaved),
                    rotated(*kernels::find("reference"), heads, interleaved)) == -1);
        }
    }
}

TEST_CASE("a pair is turned by its angle, and what belongs to no pair stays") {
  Heads heads{{1, 0, 0, 2, 5, 1, 0, 0, 2, 6}, {0.0f, -1.0f}, {1.0f, 0.0f}, 2, 5, 2};
  for (const kernels::Table* table : support::running_tables()) {
    // Pairs (1, 0) by 90 degrees and (0, 2) by 180 degrees.
    CHECK(rotated(*table, heads, true) == std::vector<float>{0, 1, 0, -2, 5, 0, 1, 0, -2, 6});
    // Pairs (1, 0) and (0, 2), apart by two.
    CHECK(rotated(*table, heads, false) == std::vector<float>{0, 0, 1, -2, 5, 0, 0, 1, -2, 6});
  }
}

TEST_CASE("rotation keeps signed zeros, infinities and NaN as the reference does") {
  const auto special = support::special_floats();
  Random random(52);
  for (int round = 0; round < 40; ++round) {
    Heads heads = random_heads(random, 2, 44, 21);
    for (auto* v : {&heads.x, &heads.cosines, &heads.sines})
      for (float& value : *v)
        if (random.below(2)) value = special[static_cast<std::size_t>(random.below(62))];
    for (const bool interleaved : {false, true})
      for (const kernels::Table* table : support::running_tables()) {
        INFO(support::name_of(*table) << ", " << interleaved);
        CHECK(support::first_difference(rotated(*table, heads, interleaved),
                                        rotated(*kernels::find("reference"), heads, interleaved)) ==
              -1);
      }
  }
}

TEST_CASE("rotation gives the bits that every machine gives") {
  for (const kernels::Table* table : support::running_tables()) {
    Random random(53);
    support::Checksum checksum;
    for (const int pairs : {1, 4, 16, 24, 64})
      for (const bool interleaved : {false, true})
        checksum.add(rotated(*table, random_heads(random, 3, 2 * pairs, pairs), interleaved));
    INFO(support::name_of(*table));
    CHECK(checksum.value() == 0x08b112f496b14e8du);
  }
}

}  // namespace
