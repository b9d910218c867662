#include <algorithm>

#include "engine/core/limits.h"
#include "engine/generate/beam.h"
#include "kernels/kernels.h"
#include "tools/linnet/bench_runs.h"
#include "tools/linnet/bench_work.h"

namespace linnet::tools {
namespace {

using core::say;

// One row of time_translations().
struct TranslationRow {
  int source, target, batch, beams, threads;

  generate::LanesOptions lanes(const Model& model, const TranslationRuns& runs) const {
    const auto start = static_cast<int>(model.spec().sequences.start.size());
    return {.sources = batch,
            .beams = beams,
            .positions = start + target - 1,
            .source_positions = source,
            .source_rows =
                static_cast<int>(std::min(std::int64_t{batch} * source, core::limits::kContext)),
            .threads = threads,
            .processors = runs.processors,
            .cache = runs.cache};
  }
  // The first step of a source has one row, the others one for each beam.
  Work work(const ModelWork& parts) const {
    return times(parts.encoder + parts.memory, 1, 1.0 * batch * source) +
           parts.steps(target, batch * (1.0 + (target - 1.0) * beams));
  }
  Timing timing(const ModelWork& parts) const {
    return {.name = say(source, " to ", target, " tokens, batch ", batch, ", beam ", beams),
            .threads = threads,
            .seconds = {},
            .amount = static_cast<double>(batch) * (source + target),
            .unit = "tokens",
            .kernels = kernels::active().name,
            .work = work(parts)};
  }
};

core::Status time_translation(const Model& model, const TranslationRow& row,
                              const TranslationRuns& runs, const OnTiming& on_timing,
                              const Stop& stop) {
  const generate::LanesOptions options = row.lanes(model, runs);
  if (const core::Status fits = check_memory(model, options); !fits) return fits;
  core::Result<generate::Lanes> lanes = generate::Lanes::open(model.transformer(), options);
  if (!lanes) return lanes.error();
  core::Result<generate::BeamSearch> search = generate::BeamSearch::make(
      *lanes,
      {.beams = row.beams, .max_tokens = row.target, .constraints = {.min_tokens = row.target}});
  if (!search) return search.error();
  const model::Spec& spec = model.spec();
  const std::vector<int> tokens =
      invented_tokens(row.source, spec.source_vocab > 0 ? spec.source_vocab : spec.vocab);
  const std::vector<generate::BeamSearch::Source> sources(
      static_cast<std::size_t>(row.batch), {.tokens = tokens, .start = spec.sequences.start});
  return repeat(row.timing(work_of(model)), runs.repeats, tied_to(*lanes, on_timing), stop, [&] {
    return timed([&]() -> core::Status {
      const auto found = search->run(sources, runs.cancel);
      if (!found) return found.error();
      return core::Done{};
    });
  });
}

}  // namespace

core::Status time_translations(const Model& model, const TranslationRuns& runs,
                               const OnTiming& on_timing, const Stop& stop) {
  for (const int threads : runs.threads)
    for (const int batch : runs.batches)
      for (const int beams : runs.beams)
        for (const int source : runs.sources)
          for (const int target : runs.targets) {
            if (stop()) return core::Done{};
            const core::Status done = time_translation(
                model, {source, target, batch, beams, threads}, runs, on_timing, stop);
            if (!done) return done;
          }
  return core::Done{};
}

}  // namespace linnet::tools
