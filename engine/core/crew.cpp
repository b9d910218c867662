#include "engine/core/crew.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/core/processors.h"
#include "engine/core/worker.h"

namespace linnet::core {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// How long a team of one token waits for a thread that wakes up, which takes up to 100 microseconds
// in virtual machines; a longer region waits longer, in proportion.
constexpr auto kPatience = microseconds(120), kLongestPatience = microseconds(5000);
constexpr int kHeavy = 16;  // tokens that are worth disturbing a rest

// So many threads take turns in a place whose processor others want, if all together are not more
// than that: each of them comes rested and is let in at once, where one alone would have to wait.
constexpr int kTurns = 4, kMostReliefs = 32;

// Look so often whether somebody else wants the leader's processor. It is not moved again for a
// while, which is longer each time that it has not helped.
constexpr auto kLookEvery = milliseconds(20);
constexpr auto kFirstPause = milliseconds(50), kLongestPause = milliseconds(5000);

}  // namespace

struct Crew::State {
  // Beside the leader: where one thread at a time sits, of several that take turns.
  struct Place {
    std::size_t turn = 0;
    bool taken = false;  // in the team of this region
    bool late = false;   // was waited for in vain, and has not come since
    std::atomic<bool> wanted{false};
  };

  explicit State(const Options& options)
      : whole(options.whole),
        seats(options.processors.begin(), options.processors.end()),
        wanted(seats.empty()
                   ? options.threads
                   : std::min(options.threads, static_cast<int>(options.processors.size()))),
        turns(whole || seats.empty()
                  ? 1
                  : std::clamp(kMostReliefs / std::max(1, wanted - 1), 1, kTurns)),
        workers(static_cast<std::size_t>(std::max(0, wanted - 1) * turns)),
        places(static_cast<std::size_t>(std::max(0, wanted - 1))),
        region{.barrier = Barrier(!seats.empty())} {}
  ~State() {
    for (Worker& worker : all()) worker.stop();
    free_leader();
  }

  // Those that take turns in a place, and all.
  std::span<Worker> at(std::size_t place) {
    const auto each = static_cast<std::size_t>(turns);
    return std::span(workers).subspan(place * each, each);
  }
  std::span<Worker> all() { return std::span(workers).first(static_cast<std::size_t>(made)); }
  std::span<Place> taken() {
    return std::span(places).first(static_cast<std::size_t>(made / turns));
  }
  Worker& worker(const Place& place) {
    return at(static_cast<std::size_t>(&place - places.data()))[place.turn];
  }
  void start();
  int form(int work);
  void seat_leader();
  void free_leader();
  void look_around();
  void move_leader(Clock::time_point now);
  void move_workers(Clock::time_point now);
  void move_place(std::size_t place, bool wanted_there);
  void last_in_line();
  void paused(Clock::time_point now);

  const bool whole;
  std::vector<int> seats;  // processors: of the leader, of each worker, and what is left over
  const int wanted;        // threads that work at the same time
  const int turns;         // of threads in a place
  std::vector<Worker> workers;
  std::vector<Place> places;
  Region region;
  std::atomic<bool> busy{false};
  int made = 0;  // workers
  bool started = false;

  // The leader: which thread it is, and where it was allowed to run before.
  bool pinned = false;
  pthread_t leader = {};
  int leader_number = 0;
  std::vector<int> leader_before;
  LostTime lost;
  std::int64_t preempted = 0;
  Clock::time_point next_move{};
  Clock::duration pause = kFirstPause;
};

void Crew::State::start() {
  started = true;
  // Where there is a choice, the calling thread stays where the system has put it.
  if (seats.size() > places.size() + 1) {
    const auto here = std::find(seats.begin(), seats.end(), sched_getcpu());
    if (here != seats.end()) std::iter_swap(seats.begin(), here);
  }
  for (std::size_t i = 0; i < places.size(); ++i)
    for (Worker& worker : at(i)) {
      const Worker::Manners manners{
          .rests = !whole, .relieved = turns > 1, .wanted = &places[i].wanted};
      if (made != &worker - workers.data()) break;  // one before was refused
      if (worker.start(region, seats.empty() ? -1 : seats[i + 1], manners)) ++made;
    }
  for (Worker& worker : all())
    while (!worker.started()) sched_yield();
  pinned = !seats.empty() &&
           std::all_of(all().begin(), all().end(), [](const Worker& w) { return w.pinned(); });
}

void Crew::State::seat_leader() {
  if (!pinned || (leader_number != 0 && pthread_equal(leader, pthread_self()) != 0)) return;
  free_leader();
  leader_before = allowed_processors();
  leader = pthread_self();
  leader_number = thread_number();
  pinned = pin(0, {seats.data(), 1}) && sched_getcpu() == seats[0];
  preempted = LostTime::times();
  lost.begin(Clock::now());
}

void Crew::State::free_leader() {
  // If it is still there.
  if (leader_number != 0 && syscall(SYS_tgkill, getpid(), leader_number, 0) == 0)
    (void)pin(leader_number, leader_before);
  leader_number = 0;
}

// The number of threads in the team; `places` say who.
int Crew::State::form(int work) {
  for (Place& place : taken()) place.taken = false;
  if (made == 0) return 1;
  const Clock::time_point begin = Clock::now();
  const auto patience = std::min<Clock::duration>(kPatience * work, kLongestPatience);
  for (int size = 1;;) {
    bool more = false;
    const bool heavy = whole || work >= kHeavy;
    const Clock::time_point now = Clock::now();
    for (Place& place : taken()) {
      if (place.taken) continue;
      if (turns > 1 && worker(place).has_rested(now))
        place.turn = (place.turn + 1) % static_cast<std::size_t>(turns);
      const Worker::Came came = worker(place).claim(now, heavy);
      place.taken = came == Worker::Came::yes;
      if (place.taken) place.late = false, ++size;
      more = more || (came == Worker::Came::soon && (heavy || !place.late));
    }
    if (!more) return size;
    if (!whole && now - begin > patience) {
      for (Place& place : taken()) place.late = !place.taken;
      return size;
    }
    if (seats.empty())
      sched_yield();
    else
      relax();
  }
}

// Whether the leader, or a worker that could sit elsewhere, is on a processor that others want.
void Crew::State::look_around() {
  const Clock::time_point now = Clock::now();
  if (!pinned || whole || now - lost.since() < kLookEvery) return;
  // It may also have slept between two regions; then nobody took its processor.
  const bool much = lost.part(now) > kMuchLost;
  const std::int64_t times = LostTime::times(), before = std::exchange(preempted, times);
  if (now < next_move) return;
  if (much && times > before + 1)
    move_leader(now);
  else if (seats.size() > taken().size() + 1)
    move_workers(now);
}

void Crew::State::paused(Clock::time_point now) {
  pause = now - next_move > kLongestPause ? kFirstPause
                                          : std::min<Clock::duration>(2 * pause, kLongestPause);
  next_move = now + pause;
}

void Crew::State::move_leader(Clock::time_point now) {
  paused(now);
  std::size_t other = 0;  // a seat
  for (std::size_t i = 0; i < taken().size() && other == 0; ++i)
    if (!places[i].wanted) other = i + 1;
  const bool spare = seats.size() > taken().size() + 1;
  if (spare) other = seats.size() - 1;
  if (other == 0) return;
  std::swap(seats[0], seats[other]);
  pinned = pin(0, {seats.data(), 1});
  if (spare)
    last_in_line();
  else
    move_place(other - 1, true);
}

void Crew::State::move_place(std::size_t place, bool wanted_there) {
  places[place].wanted = wanted_there;
  for (Worker& worker : at(place)) pinned = worker.move(seats[place + 1]) && pinned;
}

// Of the processors that are left over, the last is taken next and what was left is tried last.
void Crew::State::last_in_line() {
  std::rotate(seats.begin() + static_cast<std::ptrdiff_t>(taken().size()) + 1, seats.end() - 1,
              seats.end());
}

void Crew::State::move_workers(Clock::time_point now) {
  for (std::size_t i = 0; i < taken().size(); ++i) {
    if (!places[i].wanted) continue;
    paused(now);
    std::swap(seats[i + 1], seats.back());
    move_place(i, false);
    last_in_line();
    return;
  }
}

Crew::Crew(const Options& options) : state_(std::make_unique<State>(options)) {}
Crew::~Crew() = default;

void Crew::start() {
  if (!state_->started) state_->start();
  state_->seat_leader();
}

int Crew::threads() const { return static_cast<int>(state_->taken().size()) + 1; }

std::vector<int> Crew::processors() const {
  const State& s = *state_;
  if (!s.pinned || s.leader_number == 0) return {};
  return {s.seats.begin(), s.seats.begin() + threads()};
}

void Crew::run(Call call, const void* body, int work) {
  State& s = *state_;
  if (inside_region || s.busy.exchange(true, std::memory_order_acquire)) {
    call(body, Team());
    return;
  }
  start();
  s.region.call = call;
  s.region.body = body;
  const int size = s.form(work);
  int rank = 0;
  for (State::Place& place : s.taken())
    if (place.taken) s.worker(place).go(++rank, size);
  inside_region = true;
  const Team team(0, size, &s.region.barrier);
  call(body, team);
  team.meet();
  inside_region = false;
  s.look_around();
  s.busy.store(false, std::memory_order_release);
}

}  // namespace linnet::core
