#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "engine/core/limits.h"

// The only file in the house that knows OpenMP. One parallel region runs a whole forward step: all
// threads execute the same code, take their share of each operation's rows, panels or heads, and
// meet at a barrier after it. Work is shared by output and never by splitting a sum, so the number
// of threads cannot change a bit of the result.
namespace linnet::core {

struct Share {
  int first, last;  // [first, last)
};

// Where the threads of one region meet. Spins for a bounded while and then yields its core to
// others, again and again; how long that takes is counted (engine/core/pace.h).
class Barrier {
 public:
  // `size` threads meet, the same number each time.
  void wait(int size) {
    const std::uint32_t round = round_.load(std::memory_order_relaxed);
    if (waiting_.fetch_add(1, std::memory_order_acq_rel) == size - 1) {
      waiting_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    for (int spins = 0; spins < kSpins; ++spins)
      if (round_.load(std::memory_order_acquire) != round) return;
    const auto begin = Clock::now();
    while (round_.load(std::memory_order_acquire) == round) std::this_thread::yield();
    waited_.fetch_add((Clock::now() - begin).count(), std::memory_order_relaxed);
  }

  using Clock = std::chrono::steady_clock;
  // How long threads have waited here beyond their spins, all together.
  Clock::duration waited() const { return Clock::duration(waited_.load()); }

 private:
  static constexpr int kSpins = 4096;  // some 5 microseconds: several phases of a small model
  alignas(64) std::atomic<int> waiting_{0};
  alignas(64) std::atomic<std::uint32_t> round_{0};
  alignas(64) std::atomic<Clock::rep> waited_{0};
};

// One thread's place in a region. Passed by value into every operation.
class Team {
 public:
  Team() = default;  // a team of one
  Team(int rank, int size, Barrier* barrier) : rank_(rank), size_(size), barrier_(barrier) {}

  int rank() const { return rank_; }
  int size() const { return size_; }
  bool leads() const { return rank_ == 0; }
  // This thread's contiguous share of `count` pieces of equal work.
  Share share(int count) const {
    const std::int64_t n = count;
    return {static_cast<int>(n * rank_ / size_), static_cast<int>(n * (rank_ + 1) / size_)};
  }
  // Everything that any thread of the team wrote before is visible to all after.
  void meet() const {
    if (barrier_ != nullptr) barrier_->wait(size_);
  }

 private:
  int rank_ = 0, size_ = 1;
  Barrier* barrier_ = nullptr;
};

#ifdef _OPENMP
// Runs run(region) on `threads` threads. Not looked at by the thread sanitizer, which does not know
// that the region's fork and join order what the compiler hands from thread to thread here.
[[gnu::no_sanitize("thread")]] inline void fork(int threads, void (*run)(void*), void* region) {
#pragma omp parallel num_threads(threads)
  run(region);
}
#endif

// Runs body(Team) on `threads` threads at once and returns when all are done. A call from inside a
// region runs alone. If the runtime grants fewer threads, the team is as small as that. Returns
// which part of the region's time a thread waited at meetings beyond its spins, on average, 0 to 1,
// where the one that all others wait for does not count.
template <class Body>
double parallel(int threads, const Body& body) {
#ifdef _OPENMP
  if (threads > 1 && !omp_in_parallel()) {
    // The orders through `fence` repeat what fork and join guarantee, in terms that the thread
    // sanitizer sees.
    struct Region {
      const Body& body;
      Barrier barrier{};
      std::atomic<int> fence{0};
    } region{body};
    const auto begin = Barrier::Clock::now();
    region.fence.store(1, std::memory_order_release);
    const auto run = [](void* given) {
      Region& here = *static_cast<Region*>(given);
      (void)here.fence.load(std::memory_order_acquire);
      const Team team(omp_get_thread_num(), omp_get_num_threads(), &here.barrier);
      here.body(team);
      team.meet();  // so that a late thread is noticed here and not inside the join
      here.fence.fetch_add(1, std::memory_order_acq_rel);
    };
    fork(threads, run, &region);
    (void)region.fence.load(std::memory_order_acquire);
    const auto all = (Barrier::Clock::now() - begin) * (threads - 1);
    return static_cast<double>(region.barrier.waited().count()) /
           static_cast<double>(std::max<Barrier::Clock::rep>(1, all.count()));
  }
#endif
  (void)threads;
  body(Team());
  return 0;
}

// How many threads to use if nobody says: what OMP_NUM_THREADS or the machine allows, at most
// limits::kThreads.
inline int default_threads() {
#ifdef _OPENMP
  return std::clamp(omp_get_max_threads(), 1, static_cast<int>(limits::kThreads));
#else
  return 1;
#endif
}

}  // namespace linnet::core
