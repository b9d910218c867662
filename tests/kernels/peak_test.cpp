#include <doctest/doctest.h>

#include "tests/support/bits.h"
#include "tests/support/guarded.h"

namespace {

using namespace linnet;
using support::Random;

TEST_CASE("Every peak counts as many operations again with every round") {
  for (const kernels::Table* table : support::running_tables())
    for (const auto peak : {table->peak_f32, table->peak_i8, table->peak_i4}) {
      INFO(support::name_of(*table));
      const std::int64_t one = peak(1);
      CHECK(one >= 2);
      CHECK(one % 2 == 0);
      CHECK(peak(1000) == 1000 * one);
    }
}

TEST_CASE("read adds up every number of its blocks and none behind them") {
  Random random(5);
  for (const kernels::Table* table : support::running_tables())
    for (int blocks = 0; blocks <= 3; ++blocks) {
      const int words = blocks * kernels::kReadBlock / 4;
      support::Guarded<std::uint32_t> memory(words, kernels::kAlignment);
      std::uint32_t sum = 0;
      for (std::uint32_t& word : memory) {
        word = static_cast<std::uint32_t>(random.below(1 << 30)) * 5;  // wraps around
        sum += word;
      }
      INFO(support::name_of(*table) << ", blocks = " << blocks);
      CHECK(table->read(reinterpret_cast<const std::byte*>(memory.data()), blocks) == sum);
    }
}

}  // namespace
