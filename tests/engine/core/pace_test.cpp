#include "engine/core/pace.h"

#include <doctest/doctest.h>

using linnet::core::Pace;

namespace {

// Steps until the team has another size, at most `limit`.
int steps_until_change(Pace& pace, double waiting, int limit) {
  const int team = pace.team();
  for (int step = 1; step <= limit; ++step) {
    pace.record(waiting);
    if (pace.team() != team) return step;
  }
  return limit + 1;
}

TEST_CASE("a team stays whole while its threads meet in time, and after single stalls") {
  Pace pace(4);
  for (int i = 0; i < 1000; ++i) {
    pace.record(i % 3 == 0 ? 0.9 : 0.1);
    CHECK(pace.team() == 4);
  }
}

TEST_CASE("a team that mostly waits is halved down to one thread") {
  Pace pace(4);
  CHECK(steps_until_change(pace, 0.9, 10) == 2);
  CHECK(pace.team() == 2);
  CHECK(steps_until_change(pace, 0.9, 10) == 2);
  CHECK(pace.team() == 1);
  CHECK(steps_until_change(pace, 0.0, 1000) <= 64);
  CHECK(pace.team() == 2);  // a try
}

TEST_CASE("a try that fails makes the next rest twice as long") {
  Pace pace(2);
  steps_until_change(pace, 1.0, 10);
  const int first = steps_until_change(pace, 0.0, 10'000);
  CHECK(pace.team() == 2);
  CHECK(steps_until_change(pace, 1.0, 10) == 1);
  CHECK(steps_until_change(pace, 0.0, 10'000) == 2 * first);
}

TEST_CASE("a team becomes whole again when the neighbour is gone") {
  Pace pace(8);
  for (int i = 0; i < 20; ++i) pace.record(1.0);
  CHECK(pace.team() == 1);
  for (int i = 0; i < 1000; ++i) pace.record(0.0);
  CHECK(pace.team() == 8);
}

}  // namespace
