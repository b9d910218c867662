#include "engine/core/worker.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "engine/core/futex.h"
#include "engine/core/processors.h"

namespace linnet::core {
namespace {

using std::chrono::microseconds;

// Kernels keep some tens of kilobytes on the stack; sanitizers make more of it.
constexpr std::size_t kStack = 512 << 10;
// How long to wait awake for the next region: after one, because a sampler and a program's own work
// fit into this; after a wake-up, because a region that has begun meanwhile fits into that.
constexpr Clock::duration kAfterRegion = microseconds(200), kAfterWaking = microseconds(2000);
constexpr int kSpins = 4096;  // some 5 microseconds

// Where others want the processor, a thread stays for less than the scheduler lets it have in one
// piece, and rests for longer than the scheduler protects who has just come: so it is taken off its
// processor between two regions only, and gets it back when it wants it. Both are learnt, in these
// bounds, from a preemption and from a late return.
constexpr auto kFirstStay = microseconds(900), kShortestStay = microseconds(500),
               kLongestStay = microseconds(4000);
constexpr auto kFirstRest = microseconds(900), kShortestRest = microseconds(500),
               kLongestRest = microseconds(5000);
// The least that others have the processor between two threads that take turns.
constexpr Clock::duration kTurn = microseconds(250);
constexpr auto kLate = microseconds(100);
// Look so often whether the processor is wanted; after so many rests, whether it still is.
constexpr auto kAskEvery = std::chrono::milliseconds(8);
constexpr int kRestsUntilProbe = 32;
constexpr auto kNobody = microseconds(100);  // a processor that nobody wants comes back sooner

// What is meant for the program is for its own threads; what this thread does itself stays its own.
void block_signals(sigset_t* before) {
  sigset_t all;
  sigfillset(&all);
  for (const int own : {SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGABRT, SIGTRAP, SIGSYS})
    sigdelset(&all, own);
  pthread_sigmask(SIG_SETMASK, &all, before);
}

Clock::duration worked() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

void LostTime::begin(Clock::time_point now) {
  since_ = now;
  worked_ = worked();
}

double LostTime::part(Clock::time_point now) {
  const Clock::duration all = now - since_, had = worked() - worked_;
  begin(now);
  if (all.count() <= 0) return 0;
  return 1 - static_cast<double>(had.count()) / static_cast<double>(all.count());
}

std::int64_t LostTime::times() {
  rusage usage = {};
  return getrusage(RUSAGE_THREAD, &usage) == 0 ? std::int64_t{usage.ru_nivcsw} : 0;
}

int thread_number() { return static_cast<int>(syscall(SYS_gettid)); }

bool Worker::start(Region& region, int processor, const Manners& manners) {
  region_ = &region;
  processor_ = processor;
  manners_ = manners;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  sigset_t before;
  block_signals(&before);
  const bool made = pthread_attr_setstacksize(&attributes, kStack) == 0 &&
                    pthread_create(&thread_, &attributes, &Worker::main, this) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return made;
}

void Worker::stop() {
  state_.store(kStop, std::memory_order_release);
  futex_wake(state_);
  pthread_join(thread_, nullptr);
}

void* Worker::main(void* worker) {
  static_cast<Worker*>(worker)->live();
  return nullptr;
}

Worker::Came Worker::claim(Clock::time_point now, bool urgent) {
  switch (state_.load(std::memory_order_acquire)) {
    case kReady:
      return become(kReady, kTaken) ? Came::yes : Came::soon;
    case kTaken:
      return Came::yes;
    case kResting:
      if (!urgent && now.time_since_epoch().count() < rest_until_.load(std::memory_order_relaxed))
        return Came::no;
      called_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
      if (become(kResting, kWaking)) futex_wake(state_);
      return Came::soon;
    case kAsleep:
      if (become(kAsleep, kWaking)) futex_wake(state_);
      return Came::soon;
    default:
      return Came::soon;
  }
}

void Worker::go(int rank, int size) {
  rank_ = rank;
  size_ = size;
  state_.store(kGo, std::memory_order_release);
}

bool Worker::has_rested(Clock::time_point now) const {
  return state_.load(std::memory_order_acquire) == kResting &&
         now.time_since_epoch().count() >= rest_until_.load(std::memory_order_relaxed);
}

bool Worker::move(int processor) {
  return pin(number_.load(std::memory_order_relaxed), {&processor, 1});
}

void Worker::live() {
  inside_region = true;  // it does nothing else
  number_.store(thread_number(), std::memory_order_relaxed);
  pinned_ = processor_ >= 0 && pin(0, {&processor_, 1}) && sched_getcpu() == processor_;
  stay_ = kFirstStay;
  rest_ = kFirstRest;
  lost_.begin(Clock::now());
  if (!become(kStarting, kAsleep)) return;
  sleep(kAsleep);
  while (wait()) {
    const Clock::time_point begin = Clock::now();
    const Team team(rank_, size_, &region_->barrier);
    region_->call(region_->body, team);
    team.meet();
    after_region(begin);
  }
}

bool Worker::wait() {
  for (;;) {
    Clock::time_point begin{};
    for (int spins = 0;; ++spins) {
      const std::uint32_t state = state_.load(std::memory_order_acquire);
      if (state == kGo) return true;
      if (state == kStop) return false;
      if (state != kReady && state != kTaken) break;
      if (spins < kSpins) continue;
      if (spins == kSpins) begin = Clock::now();
      if (pinned_)
        relax();
      else
        sched_yield();
      if (spins % 32 == 0 && Clock::now() - begin > awake_ && become(kReady, kAsleep)) break;
    }
    sleep(kAsleep);
  }
}

// The state was set to `how` before.
void Worker::sleep(State how) {
  while (state_.load(std::memory_order_acquire) == how) futex_sleep(state_, how);
  came_ = Clock::now();
  lost_.begin(came_);
  preempted_ = LostTime::times();
  awake_ = kAfterWaking;
  become(kWaking, kReady);
}

void Worker::after_region(Clock::time_point begin) {
  const Clock::time_point now = Clock::now();
  awake_ = kAfterRegion;
  if (manners_.rests && is_to_rest(now, now - begin))
    rest(now);
  else
    become(kGo, kReady);
}

bool Worker::is_to_rest(Clock::time_point now, Clock::duration took) {
  if (!manners_.wanted->load(std::memory_order_relaxed)) {
    if (now - lost_.since() < kAskEvery || lost_.part(now) < kMuchLost) return false;
    manners_.wanted->store(true, std::memory_order_relaxed);
    preempted_ = LostTime::times();
    return true;
  }
  // Where a region takes longer than one may stay there is nothing to be had from going.
  if (2 * took > kLongestStay) return false;
  if (LostTime::times() != std::exchange(preempted_, LostTime::times())) {
    stay_ = std::max<Clock::duration>(kShortestStay, stay_ * 9 / 10);
    came_ = now;
  }
  return now - came_ + took > stay_;
}

void Worker::rest(Clock::time_point now) {
  if (++rests_taken_ % kRestsUntilProbe == 0) {
    manners_.wanted->store(probe(), std::memory_order_relaxed);
    become(kGo, kReady);
    return;
  }
  stay_ = std::min<Clock::duration>(kLongestStay, stay_ + stay_ / 256);
  rest_until_.store((now + (manners_.relieved ? kTurn : rest_)).time_since_epoch().count(),
                    std::memory_order_relaxed);
  if (!become(kGo, kResting)) return;
  sleep(kResting);
  const Clock::duration late =
      came_.time_since_epoch() - Clock::duration(called_.load(std::memory_order_relaxed));
  rest_ = std::clamp<Clock::duration>(late > kLate ? rest_ + rest_ / 8 : rest_ - rest_ / 64,
                                      kShortestRest, kLongestRest);
}

// Yields, and tells by the time that it takes whether anybody else is there.
bool Worker::probe() {
  const Clock::time_point begin = Clock::now();
  sched_yield();
  came_ = Clock::now();
  lost_.begin(came_);
  preempted_ = LostTime::times();
  return came_ - begin > kNobody;
}

}  // namespace linnet::core
