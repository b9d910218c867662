#include <algorithm>
#include <cmath>

#include "engine/core/limits.h"
#include "engine/generate/beam_group.h"
#include "engine/generate/lane_sizes.h"

// What a beam search may be asked for, and what it takes.
namespace linnet::generate {

using core::Error;
using core::Fault;
using core::say;

core::Status check(const BeamOptions& o, const Lanes& lanes) {
  const auto refuse = [](const auto&... parts) -> core::Status {
    return Error{Fault::bad_argument, say(parts...)};
  };
  if (o.beams < 1 || o.beams > lanes.options().beams)
    return refuse("a beam of ", o.beams, " must lie between 1 and ", lanes.options().beams);
  if (o.n_best < 1 || o.n_best > o.beams)
    return refuse(o.n_best, " best targets must lie between 1 and the beam, which is ", o.beams);
  if (o.groups < 1 || o.beams % o.groups != 0)
    return refuse(o.groups, " groups do not divide a beam of ", o.beams);
  if (!(o.patience > 0) || o.patience > 100)
    return refuse("the patience must lie between 0 and 100");
  if (!std::isfinite(o.length_penalty) || !std::isfinite(o.word_penalty) ||
      !std::isfinite(o.diversity) || !(o.max_length_factor >= 0))
    return refuse("penalties and factors must be finite numbers");
  if (!(o.coverage_penalty >= 0) || !std::isfinite(o.coverage_penalty))
    return refuse("the coverage penalty is ", o.coverage_penalty, " and must not be negative");
  if (o.coverage_penalty > 0 && !lanes.options().alignments)
    return refuse("a coverage penalty needs lanes with alignments");
  if (o.max_tokens < 1 || o.max_tokens > core::limits::kContext)
    return refuse(o.max_tokens, " tokens at most must lie between 1 and ", core::limits::kContext);
  return core::Done{};
}

std::int64_t BeamSearch::memory(const model::Transformer& transformer,
                                const LanesOptions& options) {
  const LanesOptions lanes = filled(transformer, options);
  const std::int64_t positions = lanes.positions, vocab = transformer.spec().vocab;
  const std::int64_t all = std::int64_t{lanes.sources} * lanes.beams;
  // Tokens and log-probabilities of each beam now and next, and of each target that has ended.
  const std::int64_t targets = all * positions * 3 * std::int64_t{sizeof(int) + sizeof(float)};
  const std::int64_t lists = all * std::int64_t{sizeof(Ended) + 8 * sizeof(Candidate)};
  const core::Checked search = core::Checked(targets + lists) +
                               (lanes.threads + 2) * vocab * std::int64_t{sizeof(float)} +
                               Sampler::memory(static_cast<int>(vocab));
  if (!lanes.alignments) return search.value();
  const core::Checked all_of_it =
      search +
      Trail::bytes_needed({lanes.sources, lanes.beams, lanes.positions, lanes.source_rows});
  // More than any machine has is all the same to who asks.
  constexpr std::int64_t kMost = INT64_MAX / 4;
  return all_of_it.at_most(kMost) ? all_of_it.value() : kMost;
}

}  // namespace linnet::generate
