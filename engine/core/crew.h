#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/core/parallel.h"

// The threads of one owner (a session): made with its first region, asleep when there is nothing to
// do, gone with it. Between two regions nothing is allocated and no thread is made.
//
// The team of a region is formed of the threads that are present. One that has lost its processor
// to somebody else is not waited for, because all others would stand still at the next meeting for
// a whole slice of the scheduler, some 4 ms. And one that knows that its processor is wanted goes
// away between two regions, before the scheduler takes it in the middle of one. Where threads are
// tied, others of ours take turns with it there; without a neighbour they only sleep. So a busy
// neighbour costs its part of one processor and not the time of all, and it keeps somewhat less
// than half of that one. Results do not depend on the team.
namespace linnet::core {

class Crew {
 public:
  struct Options {
    int threads = 1;  // at most; the calling one is among them
    // Not empty: every thread is tied to one of these for itself, and no more threads work than
    // there are processors here. Where one turns out to be wanted by others, a thread moves to one
    // that is left over, and the calling thread, which all regions need, changes places with
    // another. The calling thread is tied from its first region on until the crew ends or another
    // thread calls, and is then set free to go where it went before.
    std::span<const int> processors = {};
    // Every region has all threads, however long they take to come, and none of them moves.
    bool whole = false;
  };

  // May throw std::bad_alloc. Starts no thread.
  explicit Crew(const Options& options);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Runs body(Team) on the threads of a team and returns when all are done. `work`: about how many
  // tokens go through, and so how long it is worth waiting for a thread that has to wake up. From
  // inside a region, or while another thread's call runs, the calling thread works alone.
  template <class Body>
  void run(const Body& body, int work = 1) {
    run([](const void* b, Team team) { (*static_cast<const Body*>(b))(team); }, &body, work);
  }

  // Makes the threads now, and not with the first region.
  void start();
  // How many threads there are after that, of which the calling one is the first. Less than was
  // asked for if the system refused to make them.
  int threads() const;
  // The processors to which they are tied now, one each; empty if they are not, or if the system
  // refused. Not while a region runs.
  std::vector<int> processors() const;

 private:
  using Call = void (*)(const void* body, Team team);
  void run(Call call, const void* body, int work);
  struct State;
  std::unique_ptr<State> state_;
};

// Runs body(Team) on exactly `threads` threads, made for this once, or fewer where the system
// refuses to make them.
template <class Body>
void parallel(int threads, const Body& body) {
  Crew({.threads = threads, .whole = true}).run(body);
}

}  // namespace linnet::core
