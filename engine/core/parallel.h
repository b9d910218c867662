#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

// What an operation sees of the threads that compute: one region runs a whole forward step; all
// threads of a team execute the same code, take their share of each operation's rows, panels or
// heads, and meet after it. Work is shared by output and never by splitting a sum, so the number of
// threads cannot change a bit of the result. Who they are and where they run: engine/core/crew.h.
namespace linnet::core {

struct Share {
  int first, last;  // [first, last)
};

// Tells the processor that this thread waits for another one.
inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  asm volatile("yield");
#endif
}

// Where the threads of one region meet. Spins for a bounded while, and then gives its processor to
// others again and again.
class Barrier {
 public:
  using Clock = std::chrono::steady_clock;

  // `alone`: each thread has a processor of its own. To give that away means to lose it for
  // milliseconds where somebody else wants it, so a thread then spins longer than any phase of a
  // small model takes.
  explicit Barrier(bool alone = false) : alone_(alone) {}

  // `size` threads meet, the same number each time between two regions.
  void wait(int size) {
    const std::uint32_t round = round_.load(std::memory_order_relaxed);
    if (waiting_.fetch_add(1, std::memory_order_acq_rel) == size - 1) {
      waiting_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    const auto over = [&] { return round_.load(std::memory_order_acquire) != round; };
    for (int spins = 0; spins < kSpins; ++spins)
      if (over()) return;
    if (alone_) {
      const auto begin = Clock::now();
      while (Clock::now() - begin < kLongest)
        for (int spins = 0; spins < kRelaxed; ++spins) {
          if (over()) return;
          relax();
        }
    }
    while (!over()) std::this_thread::yield();
  }

 private:
  static constexpr int kSpins = 4096;  // some 5 microseconds: several phases of a small model
  static constexpr int kRelaxed = 64;
  static constexpr auto kLongest = std::chrono::milliseconds(1);
  const bool alone_;
  alignas(64) std::atomic<int> waiting_{0};
  alignas(64) std::atomic<std::uint32_t> round_{0};
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
    if (size_ > 1) barrier_->wait(size_);
  }

 private:
  int rank_ = 0, size_ = 1;
  Barrier* barrier_ = nullptr;
};

}  // namespace linnet::core
