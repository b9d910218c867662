#include "engine/core/checked.h"

#include <doctest/doctest.h>

#include <limits>

using linnet::core::Checked;

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

TEST_CASE("a negative or too large part makes a size invalid") {
  CHECK_FALSE(Checked(-1).valid());
  CHECK_FALSE(Checked(std::numeric_limits<std::uint64_t>::max()).valid());
  CHECK(Checked(std::uint64_t{1} << 62).valid());
  CHECK(Checked(kMost).value() == kMost);
}

TEST_CASE("an overflowing sum or product is invalid and stays so") {
  CHECK_FALSE((Checked(kMost) + 1).valid());
  CHECK_FALSE((Checked(std::int64_t{1} << 32) * (std::int64_t{1} << 31)).valid());
  CHECK_FALSE(((Checked(kMost) + 1) * 0).valid());
  CHECK_FALSE((Checked(-5) + 5).valid());
  CHECK((Checked(std::int64_t{1} << 31) * (std::int64_t{1} << 31)).value() == std::int64_t{1}
                                                                                  << 62);
}

TEST_CASE("rounding up near the end of the range does not wrap") {
  CHECK(Checked(0).rounded_up(64).value() == 0);
  CHECK(Checked(1).rounded_up(64).value() == 64);
  CHECK(Checked(64).rounded_up(64).value() == 64);
  CHECK_FALSE(Checked(kMost - 10).rounded_up(64).valid());
}

TEST_CASE("an invalid size is never at most anything") {
  CHECK(Checked(3).at_most(3));
  CHECK_FALSE(Checked(4).at_most(3));
  CHECK_FALSE(Checked(-1).at_most(3));
  CHECK_FALSE(Checked(1).at_most(Checked(-1)));
}

}  // namespace
