#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#include "engine/core/parallel.h"

// One thread of a crew, and the word through which the leader (the thread that calls Crew::run)
// speaks with it.
namespace linnet::core {

using Clock = Barrier::Clock;

// Measures how much of its time the calling thread, which never sleeps meanwhile, is kept from its
// processor.
class LostTime {
 public:
  void begin(Clock::time_point now);
  Clock::time_point since() const { return since_; }
  // The part since then, 0 to 1; begins anew.
  double part(Clock::time_point now);
  // How often it was taken off its processor against its will, in all its life.
  static std::int64_t times();

 private:
  Clock::time_point since_{};
  Clock::duration worked_{};
};
// More than this part means that somebody else wants the processor.
inline constexpr double kMuchLost = 0.2;

// The calling thread, as Linux numbers it.
int thread_number();

// Whether this thread is in a region of any crew.
inline thread_local bool inside_region = false;

// A region as its threads see it.
struct Region {
  void (*call)(const void* body, Team team) = nullptr;
  const void* body = nullptr;
  Barrier barrier;
};

class alignas(64) Worker {
 public:
  enum class Came { yes, soon, no };

  // How it behaves where others want its processor.
  struct Manners {
    bool rests = true;                    // goes away by itself between two regions
    bool relieved = false;                // others take turns with it
    std::atomic<bool>* wanted = nullptr;  // whether the processor is known to be wanted
  };
  // Asleep at first. False if the system refuses. `processor` < 0: it runs where the system wants.
  bool start(Region& region, int processor, const Manners& manners);
  void stop();  // after start

  // For the leader, between two regions.
  // Takes it into the team if it is present; wakes it up if it sleeps and may be disturbed: it is
  // then there soon. A rest that is not over is disturbed only if `urgent`.
  Came claim(Clock::time_point now, bool urgent);
  // Begins the region, after a claim.
  void go(int rank, int size);
  // Whether it has begun to run; so long neither it nor a failure is known.
  bool started() const { return state_.load(std::memory_order_acquire) != kStarting; }
  // Whether it is tied to the processor that start() was given.
  bool pinned() const { return pinned_; }
  bool move(int processor);
  // Whether it has left its processor to others for long enough.
  bool has_rested(Clock::time_point now) const;

 private:
  enum State : std::uint32_t { kStarting, kReady, kTaken, kGo, kAsleep, kResting, kWaking, kStop };

  static void* main(void* worker);
  void live();
  // False when it is to stop.
  bool wait();
  bool become(State from, State to) {
    std::uint32_t expected = from;
    return state_.compare_exchange_strong(expected, to, std::memory_order_acq_rel);
  }
  void sleep(State how);
  void after_region(Clock::time_point begin);
  // Whether it is time to leave the processor to others, after a region of that length.
  bool is_to_rest(Clock::time_point now, Clock::duration took);
  void rest(Clock::time_point now);
  bool probe();

  std::atomic<std::uint32_t> state_{kStarting};
  int rank_ = 0, size_ = 1;
  // When a rest may end, and when the leader asked for its end.
  std::atomic<Clock::rep> rest_until_{0}, called_{0};
  std::atomic<int> number_{0};
  Region* region_ = nullptr;
  int processor_ = -1;
  Manners manners_;
  bool pinned_ = false;
  pthread_t thread_ = {};

  // Its own.
  alignas(64) LostTime lost_;
  Clock::time_point came_{};  // since when it has been here without a rest
  Clock::duration stay_{}, rest_{}, awake_{};
  std::int64_t preempted_ = 0;
  int rests_taken_ = 0;
};

}  // namespace linnet::core
