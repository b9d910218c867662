#include <algorithm>

#include "engine/generate/beam.h"
#include "kernels/kernels.h"
#include "tools/common/memory.h"
#include "tools/linnet/bench_runs.h"
#include "tools/linnet/bench_work.h"

namespace linnet::tools {
namespace {

using core::say;

core::Status check_bytes(std::int64_t bytes, const std::string& what) {
  const MemoryLimits limits = memory_limits();
  if (!limits.available || bytes <= *limits.available) return core::Done{};
  return core::Error{core::Fault::limit,
                     say(what, " need ", bytes, " bytes and there are ", *limits.available)};
}

int largest(const std::vector<int>& values) {
  return *std::max_element(values.begin(), values.end());
}

bool has_one(const std::vector<int>& values) {
  return std::find(values.begin(), values.end(), 1) != values.end();
}

// The rows of a decoder alone with so many threads.
class DecoderRuns {
 public:
  DecoderRuns(const Model& model, const ModelRuns& runs, int threads, const OnTiming& on_timing,
              const Stop& stop)
      : model_(model),
        runs_(runs),
        threads_(threads),
        on_timing_(on_timing),
        stop_(stop),
        work_(work_of(model)) {
    const int most =
        largest(runs.depths) + std::max(largest(runs.prompts), largest(runs.generations));
    tokens_ = invented_tokens(most + 1, model.spec().vocab);
  }

  core::Status run(int depth) {
    core::Status done = one_sequence(depth);
    for (const int batch : runs_.batches)
      if (done && batch > 1 && has_one(runs_.beams)) done = side_by_side(depth, batch);
    for (const int beams : runs_.beams)
      if (done && beams > 1 && has_one(runs_.batches)) done = searched(depth, beams);
    return done;
  }

 private:
  // Prompts and single tokens, by a session as `linnet generate` has it.
  core::Status one_sequence(int depth) {
    const bool singly = has_one(runs_.batches) && has_one(runs_.beams);
    const int length = std::max(largest(runs_.prompts), singly ? largest(runs_.generations) : 0);
    if (length == 0 || stop_()) return core::Done{};
    const generate::SessionOptions options{.context = depth + length,
                                           .threads = threads_,
                                           .processors = runs_.processors,
                                           .cache = runs_.cache,
                                           .rewinds = true};
    const auto need = generate::Session::needs(model_.transformer(), options);
    if (!need) return need.error();
    const core::Status fits =
        check_bytes(need->total(), say("keys and values of ", options.context, " tokens"));
    if (!fits) return fits;
    auto session = generate::Session::open(model_.transformer(), options);
    if (!session) return session.error();
    core::Status done = core::Done{};
    if (depth > 0) done = session->feed(first(depth));
    for (const int prompt : runs_.prompts)
      if (done) done = time_prompt(*session, depth, prompt);
    for (const int count : runs_.generations)
      if (done && singly) done = time_generation(*session, depth, count);
    return done;
  }

  core::Status time_prompt(generate::Session& session, int depth, int length) {
    return measure(row("prompt", length, depth, "", 1, work_.prompt(length)), length, session, [&] {
      session.truncate(depth);
      return timed([&] { return session.feed(after(depth, length)); });
    });
  }

  core::Status time_generation(generate::Session& session, int depth, int count) {
    return measure(row("generation", count, depth, "", 1, work_.steps(count, count)), count,
                   session, [&] {
                     session.truncate(depth);
                     return timed([&]() -> core::Status {
                       for (const int token : after(depth, count))
                         if (const core::Status fed = session.feed({&token, 1}); !fed) return fed;
                       return core::Done{};
                     });
                   });
  }

  // Each sequence has keys and values of its own, also of what was there before.
  core::Status side_by_side(int depth, int batch) {
    const int length = largest(runs_.generations);
    if (length == 0 || stop_()) return core::Done{};
    auto lanes = open_lanes(depth + length, batch);
    if (!lanes) return lanes.error();
    std::vector<int> all, last(static_cast<std::size_t>(batch));
    for (int lane = 0; lane < batch; ++lane) {
      all.push_back(lane);
      if (depth > 0 && !stop_()) lanes->feed(lane, first(depth), false);
    }
    const auto run = [&](int count) {
      for (const int lane : all) lanes->truncate(lane, depth);
      return timed([&]() -> core::Status {
        for (int i = 0; i < count && !stop_(); ++i) {
          for (const int lane : all)
            last[static_cast<std::size_t>(lane)] = tokens_[static_cast<std::size_t>(
                (depth + i + lane) % static_cast<int>(tokens_.size()))];
          lanes->step(all, last);
        }
        return core::Done{};
      });
    };
    core::Status done = core::Done{};
    for (const int count : runs_.generations)
      if (done)
        done = measure(row("generation", count, depth, say(", batch ", batch), batch,
                           work_.steps(count, 1.0 * count * batch)),
                       count, *lanes, [&] { return run(count); });
    return done;
  }

  // From the moment on when the first step begins.
  core::Status searched(int depth, int beams) {
    core::Status done = core::Done{};
    for (const int count : runs_.generations)
      if (done && count > 0 && !stop_()) done = time_search(depth, beams, count);
    return done;
  }

  core::Status time_search(int depth, int beams, int count) {
    auto lanes = open_lanes(depth + count, beams);
    if (!lanes) return lanes.error();
    auto search = generate::BeamSearch::make(
        *lanes, {.beams = beams, .max_tokens = count, .constraints = {.min_tokens = count}});
    if (!search) return search.error();
    const generate::BeamSearch::Source from{.start = first(depth + 1)};
    const Timing timing = row("generation", count, depth, say(", beam ", beams), beams,
                              work_.steps(count, 1.0 + (count - 1.0) * beams));
    return measure(timing, count, *lanes, [&]() -> core::Result<double> {
      double begun = 0;
      const auto found = search->run({&from, 1}, runs_.cancel, nullptr, [&] { begun = seconds(); });
      if (!found) return found.error();
      return seconds() - begun;
    });
  }

  core::Result<generate::Lanes> open_lanes(int positions, int count) {
    const generate::LanesOptions options{.beams = count,
                                         .positions = positions,
                                         .threads = threads_,
                                         .processors = runs_.processors,
                                         .cache = runs_.cache,
                                         .rewinds = true};
    if (const core::Status fits = check_memory(model_, options); !fits) return fits.error();
    return generate::Lanes::open(model_.transformer(), options);
  }

  // `threads`: a session or lanes, whose threads do the work.
  template <class Threads, class Run>
  core::Status measure(const Timing& timing, int length, const Threads& threads, const Run& run) {
    if (length == 0) return core::Done{};
    return repeat(timing, runs_.repeats, tied_to(threads, on_timing_), stop_, run);
  }

  Timing row(const char* what, int length, int depth, const std::string& how, int sequences,
             const Work& work) const {
    return {.name = say(what, " ", length, depth > 0 ? say(" at ", depth) : "", how),
            .threads = threads_,
            .seconds = {},
            .amount = static_cast<double>(length) * sequences,
            .unit = "tokens",
            .kernels = kernels::active().name,
            .work = work};
  }

  std::span<const int> first(int count) const {
    return std::span(tokens_).first(static_cast<std::size_t>(count));
  }
  std::span<const int> after(int depth, int count) const {
    return std::span(tokens_).subspan(static_cast<std::size_t>(depth),
                                      static_cast<std::size_t>(count));
  }

  const Model& model_;
  const ModelRuns& runs_;
  int threads_;
  const OnTiming& on_timing_;
  const Stop& stop_;
  ModelWork work_;
  std::vector<int> tokens_;
};

}  // namespace

std::vector<int> invented_tokens(int count, int vocab) {
  std::vector<int> tokens;
  for (int i = 0; i < count; ++i)
    tokens.push_back(static_cast<int>(std::int64_t{i} * 7919 % vocab));
  return tokens;
}

core::Status check_memory(const Model& model, const generate::LanesOptions& options) {
  const core::Result<generate::MemoryNeed> need =
      generate::Lanes::needs(model.transformer(), options);
  if (!need) return need.error();
  return check_bytes(need->total() + generate::BeamSearch::memory(model.transformer(), options),
                     say(options.sources, " sources with ", options.beams, " beams"));
}

core::Status check_memory(const Model& model, const encode::EncoderOptions& options) {
  const core::Result<encode::EncoderNeed> need =
      encode::Encoder::needs(model.transformer(), options);
  if (!need) return need.error();
  return check_bytes(need->cache + need->workspace,
                     say(options.sequences, " texts of ", options.positions, " tokens"));
}

core::Status time_model(const Model& model, const ModelRuns& runs, const OnTiming& on_timing,
                        const Stop& stop) {
  for (const int threads : runs.threads) {
    DecoderRuns rows(model, runs, threads, on_timing, stop);
    for (const int depth : runs.depths)
      if (const core::Status done = rows.run(depth); !done) return done;
  }
  return core::Done{};
}

}  // namespace linnet::tools
