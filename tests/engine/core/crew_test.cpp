#include "engine/core/crew.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/processors.h"
#include "engine/core/worker.h"

using linnet::core::allowed_processors;
using linnet::core::Crew;
using linnet::core::parallel;
using linnet::core::Share;
using linnet::core::Team;

namespace {

// Where other programs keep the processors, each meeting takes a slice of the scheduler.
class Patience {
 public:
  bool over() const { return std::chrono::steady_clock::now() - begin_ > std::chrono::seconds(1); }

 private:
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// Adds 1 to each piece, by whoever has it, in two phases that meet; whether all was right.
bool count_right(Crew& crew, std::vector<int>& pieces, int work = 1) {
  const int before = pieces[0];
  const int count = static_cast<int>(pieces.size());
  std::atomic<int> wrong{0}, sizes{0}, members{0};
  crew.run(
      [&](Team team) {
        sizes = team.size();
        ++members;
        const Share share = team.share(count);
        for (int i = share.first; i < share.last; ++i) ++pieces[static_cast<std::size_t>(i)];
        team.meet();
        for (const int piece : pieces)
          if (piece != before + 1) ++wrong;
      },
      work);
  return wrong == 0 && members == sizes;
}

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
  constexpr int kRounds = 100;
  for (const int threads : {1, 2, 5}) {
    std::vector<int> written(static_cast<std::size_t>(threads), -1);
    std::vector<int> wrong(static_cast<std::size_t>(threads), 0);
    int size = 0;
    parallel(threads, [&](Team team) {
      if (team.leads()) size = team.size();
      for (int round = 0; round < kRounds; ++round) {
        written[static_cast<std::size_t>(team.rank())] = round;
        team.meet();
        for (int other = 0; other < team.size(); ++other)
          if (written[static_cast<std::size_t>(other)] != round)
            ++wrong[static_cast<std::size_t>(team.rank())];
        team.meet();
      }
    });
    CHECK(size == threads);
    for (const int count : wrong) CHECK(count == 0);
  }
}

TEST_CASE("a region inside a region runs alone") {
  std::vector<int> sizes(2, 0);
  Crew other({.threads = 2, .whole = true});
  parallel(2, [&](Team outer) {
    if (outer.leads()) other.run([&](Team inner) { sizes[0] = inner.size(); });
    outer.meet();
    if (!outer.leads()) parallel(2, [&](Team inner) { sizes[1] = inner.size(); });
  });
  CHECK(sizes[0] == 1);
  CHECK(sizes[1] == 1);
}

TEST_CASE("hundreds of regions share their work rightly, with whoever is present") {
  const std::vector<int> processors = allowed_processors();
  for (const int threads : {1, 2, 3, 9})
    for (const bool whole : {false, true})
      for (const bool tied : {false, true}) {
        Crew crew({.threads = threads,
                   .processors = tied ? std::span(processors) : std::span<const int>(),
                   .whole = whole});
        std::vector<int> pieces(20);
        bool right = true;
        const Patience patience;
        for (int i = 0; right && i < 2000 && (i < 50 || !patience.over()); ++i) {
          right = count_right(crew, pieces, i % 500 == 0 ? 100 : 1);
          if (i % 900 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        CHECK(right);
        CHECK(crew.threads() <= threads);
        if (tied) CHECK(crew.threads() <= static_cast<int>(processors.size()));
      }
}

TEST_CASE("a crew wakes up after a pause") {
  Crew crew({.threads = 2, .whole = true});
  std::vector<int> pieces(10);
  for (int i = 0; i < 5; ++i) {
    CHECK(count_right(crew, pieces));
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}

TEST_CASE("two crews work beside each other, and one crew that two threads call") {
  Crew first({.threads = 2}), second({.threads = 2}), shared({.threads = 2});
  std::array<bool, 2> right = {true, true};
  const auto use = [&](Crew& own, bool& fine) {
    std::vector<int> pieces(10), others(10);
    const Patience patience;
    for (int i = 0; fine && i < 500 && (i < 50 || !patience.over()); ++i)
      fine = count_right(own, pieces) && count_right(shared, others);
  };
  std::thread beside([&] { use(second, right[1]); });
  use(first, right[0]);
  beside.join();
  CHECK(right[0]);
  CHECK(right[1]);
}

TEST_CASE("a crew that did nothing ends, and so do one that sleeps and many one after the other") {
  { const Crew idle({.threads = 4}); }
  for (int i = 0; i < 50; ++i) {
    Crew crew({.threads = 3});
    std::vector<int> pieces(3);
    CHECK(count_right(crew, pieces));
    if (i % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST_CASE("between regions no thread is made and none is lost") {
  const std::vector<int> processors = allowed_processors();
  for (const bool tied : {false, true}) {
    Crew crew({.threads = 3, .processors = tied ? std::span(processors) : std::span<const int>()});
    crew.start();
    const auto threads = [] {
      std::vector<std::string> numbers;
      for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
        numbers.push_back(task.path().filename());
      std::sort(numbers.begin(), numbers.end());
      return numbers;
    };
    const std::vector<std::string> before = threads();
    std::vector<int> pieces(20);
    for (int i = 0; i < 200; ++i) count_right(crew, pieces);
    CHECK(threads() == before);
  }
}

TEST_CASE("tied threads sit on a processor each, and the calling one is free again afterwards") {
  const std::vector<int> processors = allowed_processors();
  {
    Crew crew({.threads = 2, .processors = processors, .whole = true});
    CHECK(crew.processors().empty());  // nothing was run
    std::array<std::vector<int>, 2> masks;
    crew.run(
        [&](Team team) { masks[static_cast<std::size_t>(team.rank())] = allowed_processors(); });
    const std::vector<int> seats = crew.processors();
    REQUIRE(static_cast<int>(seats.size()) == crew.threads());
    for (std::size_t i = 0; i < seats.size(); ++i) CHECK(masks[i] == std::vector<int>{seats[i]});
    if (seats.size() == 2) CHECK(seats[0] != seats[1]);
    // Another thread that calls takes over; this one is then free.
    std::thread([&] { crew.run([](Team) {}); }).join();
    CHECK(allowed_processors() == processors);
    crew.run([](Team) {});
    CHECK(allowed_processors().size() == 1);
  }
  CHECK(allowed_processors() == processors);
}

TEST_CASE("threads that have one processor between them do their work") {
  const std::vector<int> before = allowed_processors();
  REQUIRE(linnet::core::pin(0, std::span(before).first(1)));
  const std::vector<int> one = allowed_processors();
  for (const bool tied : {false, true}) {
    Crew crew({.threads = 3, .processors = tied ? std::span(one) : std::span<const int>()});
    std::vector<int> pieces(20);
    for (int i = 0; i < 200; ++i) CHECK(count_right(crew, pieces));
    CHECK(crew.threads() == (tied ? 1 : 3));
  }
  CHECK(linnet::core::pin(0, before));
}

TEST_CASE("a processor that cannot be had leaves the threads untied and at work") {
  const std::vector<int> before = allowed_processors();
  const std::vector<int> nowhere = {before.back(), 8000};
  Crew crew({.threads = 2, .processors = nowhere, .whole = true});
  std::vector<int> pieces(10);
  CHECK(count_right(crew, pieces));
  CHECK(crew.processors().empty());
  CHECK(allowed_processors() == before);
}

#if !defined(__SANITIZE_THREAD__)  // which makes no threads in a child of a process that has some
TEST_CASE("where threads cannot be made, the calling one works alone") {
  // In a process of its own, whose user has as many as are allowed.
  const pid_t child = ::fork();
  if (child == 0) {
    if (::getuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_NPROC, &none) != 0) ::_exit(3);
    Crew crew({.threads = 4, .whole = true});
    int size = 0;
    crew.run([&](Team team) { size = team.size(); });
    ::_exit(size == 1 && crew.threads() == 1 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
#endif

// Keeps one processor busy.
struct Neighbour {
  explicit Neighbour(int processor) {
    thread = std::thread([this, processor] {
      (void)linnet::core::pin(0, {&processor, 1});
      while (!over) {
      }
    });
  }
  ~Neighbour() {
    over = true;
    thread.join();
  }
  std::atomic<bool> over{false};
  std::thread thread;
};

TEST_CASE("a busy neighbour changes no result, whichever thread's processor it wants") {
  const std::vector<int> processors = allowed_processors();
  for (const std::size_t at : {std::size_t{0}, processors.size() - 1}) {
    const Neighbour neighbour(processors[at]);
    Crew crew({.threads = 2, .processors = processors});
    std::vector<int> pieces(2000);
    bool right = true;
    const auto begin = std::chrono::steady_clock::now();
    while (right && std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(300))
      right = count_right(crew, pieces);
    CHECK(right);
  }
}

TEST_CASE("time that is lost to others is noticed, and time that is not is not") {
  linnet::core::LostTime lost;
  const auto spin = [&](std::chrono::milliseconds length) {
    lost.begin(std::chrono::steady_clock::now());
    while (std::chrono::steady_clock::now() - lost.since() < length) {
    }
    return lost.part(std::chrono::steady_clock::now());
  };
  const std::vector<int> before = allowed_processors();
  REQUIRE(linnet::core::pin(0, std::span(before).first(1)));
  {
    const Neighbour neighbour(before[0]);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(spin(std::chrono::milliseconds(200)) > 0.2);
  }
  CHECK(linnet::core::pin(0, before));
}

}  // namespace
