#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/core/result.h"

// Repeated measurements of one thing.
namespace linnet::tools {

// What something asks of the machine, at the very least.
struct Work {
  double bytes = 0;                // of weights that are read
  double f32 = 0, i8 = 0, i4 = 0;  // operations with such weights: two for a product and its sum
  double footprint = 0;            // bytes of the weights that are read, each counted once
};

// Reads the weights `passes` times, and multiplies them with `rows` rows of activations.
Work operator+(const Work& a, const Work& b);
Work times(const Work& one, double passes, double rows);

// One row of a result.
struct Timing {
  std::string name;  // what was measured, with its sizes
  int threads = 1;
  std::vector<double> seconds;  // one per repetition
  double amount = 0;            // of one repetition, in `unit`
  std::string unit;             // "tokens", "Gop"
  std::string kernels;
  Work work = {};                    // of one repetition
  std::vector<int> processors = {};  // to which the threads were tied; empty if they were not

  double median() const;  // amount / second
  double slowest() const;
  double fastest() const;
};

// Called with each finished row.
using OnTiming = std::function<void(const Timing&)>;
// Adds the processors of the threads that did the work.
template <class Threads>
OnTiming tied_to(const Threads& threads, const OnTiming& next) {
  return [&](const Timing& timing) {
    Timing all = timing;
    all.processors = threads.processors();
    next(all);
  };
}
// Whether to end early.
using Stop = std::function<bool()>;

// Of a clock that never goes back.
double seconds();

// How long `call` took, or why it failed.
template <class Call>
core::Result<double> timed(const Call& call) {
  const double begin = seconds();
  if (const core::Status fine = call(); !fine) return fine.error();
  return seconds() - begin;
}

// One warming run and `repeats` measured ones; run() returns its seconds or an Error. What is
// stopped midway does not count. Hands on the row if there is something in it.
template <class Run>
core::Status repeat(Timing timing, int repeats, const OnTiming& on_timing, const Stop& stop,
                    const Run& run) {
  for (int i = -1; i < repeats && !stop(); ++i) {
    const core::Result<double> took = run();
    if (!took) return took.error();
    if (i >= 0 && !stop()) timing.seconds.push_back(*took);
  }
  if (!timing.seconds.empty()) on_timing(timing);
  return core::Done{};
}

// How often a call must be repeated to last so long.
template <class Call>
int calls_for(double least_seconds, const Call& call) {
  for (int calls = 1;; calls *= 2) {
    const double begin = seconds();
    for (int i = 0; i < calls; ++i) call();
    if (seconds() - begin >= least_seconds || calls >= 1 << 29) return calls;
  }
}

}  // namespace linnet::tools
