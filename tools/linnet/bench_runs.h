#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "engine/engine.h"

// Measurements, without flags and without printing.
namespace linnet::tools {

// One row of a result: repeated measurements of the same thing.
struct Timing {
  std::string name;  // what was measured, with its sizes
  int threads = 1;
  std::vector<double> seconds;  // one per repetition
  double amount = 0;            // work of one repetition, in `unit`
  std::string unit;             // "tokens", "Gop"
  std::string kernels;

  double median() const;  // amount / second
  double slowest() const;
  double fastest() const;
};

struct ModelRuns {
  std::vector<int> prompts, generations, threads;  // lengths in tokens; how many threads
  int repeats = 3;
  model::PageType cache = model::PageType::f16;
};

// For an encoder-decoder. Every length of a source with every one of a target, in tokens, and so
// on.
struct TranslationRuns {
  std::vector<int> sources, targets, batches, beams, threads;
  int repeats = 3;
  model::PageType cache = model::PageType::f16;
  const std::atomic<bool>* cancel = nullptr;  // ends a search within a token
};

// Called with each finished row.
using OnTiming = std::function<void(const Timing&)>;

// Prompts in one piece and tokens one by one, each from an empty context. Ends early when `stop`
// answers true.
core::Status time_model(const Model& model, const ModelRuns& runs, const OnTiming& on_timing,
                        const std::function<bool()>& stop);

// Batches of sources to targets of exactly that length, which no end token ends before. A row's
// amount is the tokens of its sources and of its best targets, whatever the beam. Errors: those of
// Lanes::open; limit, if the lanes need more memory than there is.
core::Status time_translations(const Model& model, const TranslationRuns& runs,
                               const OnTiming& on_timing, const std::function<bool()>& stop);

// Every kernel that carries the work, on one thread, for every table that runs here.
void time_kernels(int repeats, const OnTiming& on_timing, const std::function<bool()>& stop);

}  // namespace linnet::tools
