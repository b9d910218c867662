#pragma once

#include <atomic>
#include <vector>

#include "engine/engine.h"
#include "tools/linnet/bench_timing.h"

namespace linnet::kernels {
struct Table;
}

// What is measured, without flags and without printing, with the table of kernels that is in use.
namespace linnet::tools {

// For a decoder alone. Lengths in tokens; `depths` stand in the context before a row begins.
struct ModelRuns {
  std::vector<int> prompts = {}, generations = {}, depths = {}, batches = {}, beams = {},
                   threads = {};
  std::vector<int> processors = {};  // to tie the threads to
  int repeats = 3;
  model::PageType cache = model::PageType::f16;
  const std::atomic<bool>* cancel = nullptr;  // ends a search within a token
};

// For an encoder-decoder. Every length of a source with every one of a target, in tokens, and so
// on.
struct TranslationRuns {
  std::vector<int> sources = {}, targets = {}, batches = {}, beams = {}, threads = {};
  std::vector<int> processors = {};  // to tie the threads to
  int repeats = 3;
  model::PageType cache = model::PageType::f16;
  const std::atomic<bool>* cancel = nullptr;  // ends a search within a token
};

// For an encoder alone. Lengths of texts in tokens.
struct ReadingRuns {
  std::vector<int> texts = {}, batches = {}, threads = {};
  std::vector<int> processors = {};  // to tie the threads to
  int repeats = 3;
  model::PageType cache = model::PageType::f16;
};

// Prompts in one piece and tokens one by one: one sequence, as many as a batch has (their tokens of
// each step go through the model together), or the beams of one search, of which all count. Each
// after so many tokens that are not timed. A batch is not searched with a beam: what has both above
// 1 is left out. Ends early when `stop` answers true. Errors: those of Session::open and
// Lanes::open; limit, if there is not the memory.
core::Status time_model(const Model& model, const ModelRuns& runs, const OnTiming& on_timing,
                        const Stop& stop);

// Batches of sources to targets of exactly that length, which no end token ends before. A row's
// amount is the tokens of its sources and of its best targets, whatever the beam. Errors: those of
// Lanes::open; limit, if the lanes need more memory than there is.
core::Status time_translations(const Model& model, const TranslationRuns& runs,
                               const OnTiming& on_timing, const Stop& stop);

// Texts that an encoder alone reads, as many together as a batch has, to their last hidden states.
// A row's amount is the tokens of them all. Errors: those of Encoder::open and Encoder::encode;
// limit, if there is not the memory.
core::Status time_readings(const Model& model, const ReadingRuns& runs, const OnTiming& on_timing,
                           const Stop& stop);

// Every kernel that carries the work, on one thread.
void time_kernels(const kernels::Table& table, int repeats, const OnTiming& on_timing,
                  const Stop& stop);

// Tokens of a vocabulary, the same ones each time.
std::vector<int> invented_tokens(int count, int vocab);

// Whether there is the memory for such lanes and a search with all their beams. Errors: limit;
// those of Lanes::needs.
core::Status check_memory(const Model& model, const generate::LanesOptions& options);
// The same for an encoder. Errors: limit; those of Encoder::needs.
core::Status check_memory(const Model& model, const encode::EncoderOptions& options);

}  // namespace linnet::tools
