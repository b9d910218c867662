#include "engine/core/parallel.h"

#include <doctest/doctest.h>

#include <vector>

using linnet::core::parallel;
using linnet::core::Share;
using linnet::core::Team;

namespace {

TEST_CASE("the shares of a team cover every piece once") {
  for (const int size : {1, 2, 3, 7})
    for (const int count : {0, 1, 2, 5, 100}) {
      int next = 0;
      for (int rank = 0; rank < size; ++rank) {
        const Share share = Team(rank, size, nullptr).share(count);
        CHECK(share.first == next);
        CHECK(share.last >= share.first);
        next = share.last;
      }
      CHECK(next == count);
    }
}

TEST_CASE("what a thread wrote before a meeting is seen by all after it") {
  constexpr int kRounds = 500;
  for (const int threads : {1, 2, 5}) {
    std::vector<int> written(static_cast<std::size_t>(threads), -1);
    std::vector<int> wrong(static_cast<std::size_t>(threads), 0);
    parallel(threads, [&](Team team) {
      for (int round = 0; round < kRounds; ++round) {
        written[static_cast<std::size_t>(team.rank())] = round;
        team.meet();
        for (int other = 0; other < team.size(); ++other)
          if (written[static_cast<std::size_t>(other)] != round)
            ++wrong[static_cast<std::size_t>(team.rank())];
        team.meet();
      }
    });
    for (const int count : wrong) CHECK(count == 0);
  }
}

TEST_CASE("a region inside a region runs alone") {
  std::vector<int> sizes(2, 0);
  parallel(2, [&](Team outer) {
    parallel(2, [&](Team inner) { sizes[static_cast<std::size_t>(outer.rank())] = inner.size(); });
  });
  CHECK(sizes[0] == 1);
  CHECK((sizes[1] == 1 || sizes[1] == 0));  // 0: the runtime granted one thread
}

}  // namespace
