#include "engine/generate/beam.h"

#include <algorithm>
#include <cassert>
#include <new>

#include "engine/generate/beam_state.h"
#include "engine/generate/log_softmax.h"

namespace linnet::generate {
namespace {

using core::Error;
using core::Fault;
using core::say;

// Samples are groups of one beam that know nothing of one another.
BeamOptions without_contest(BeamOptions o) {
  if (!o.sampling) return o;
  o.groups = o.beams;
  o.early = EarlyStopping::first;
  o.patience = 1;
  return o;
}

const std::vector<std::int32_t>& ends_of(const Lanes& lanes, const BeamOptions& o) {
  return o.ends.empty() ? lanes.transformer().spec().sequences.ends : o.ends;
}

Hypothesis hypothesis_of(const Ended& target, int source, const Trail& trail) {
  Hypothesis h;
  const auto count = static_cast<std::ptrdiff_t>(target.count);
  h.tokens.assign(target.tokens.begin(), target.tokens.begin() + count - (target.by_token ? 1 : 0));
  h.log_probs.assign(target.log_probs.begin(), target.log_probs.begin() + count);
  h.sum = target.sum;
  h.score = target.score;
  h.ended = target.by_token;
  if (!trail.empty()) h.attention = trail.weights(source, target.count - 1, target.beam);
  return h;
}

}  // namespace

BeamSearch::State::State(Lanes& l, const BeamOptions& o, Constraints c)
    : lanes(l), options(without_contest(o)), ends(ends_of(l, o)), constraints(std::move(c)) {}

core::Result<BeamSearch> BeamSearch::make(Lanes& lanes, const BeamOptions& options) {
  if (const core::Status fine = check(options, lanes); !fine) return fine.error();
  const model::Spec& spec = lanes.transformer().spec();
  ConstraintOptions constraints = options.constraints;
  constraints.suppressed.insert(constraints.suppressed.end(), spec.sequences.suppressed.begin(),
                                spec.sequences.suppressed.end());
  try {
    auto made = Constraints::make(constraints, ends_of(lanes, options), spec.vocab);
    if (!made) return made.error();
    auto state = std::make_unique<State>(lanes, options, std::move(*made));
    if (options.sampling) {
      core::Result<Sampler> sampler = Sampler::make(*options.sampling, spec.vocab);
      if (!sampler) return sampler.error();
      state->sampler.emplace(std::move(*sampler));
    }
    if (state->allocate()) return BeamSearch(std::move(state));
  } catch (const std::bad_alloc&) {
  }
  return Error{Fault::limit, say("a beam of ", options.beams, " over ", spec.vocab,
                                 " tokens needs more memory than there is")};
}

bool BeamSearch::State::allocate() {
  const auto vocab = static_cast<std::size_t>(lanes.transformer().spec().vocab);
  const auto all = static_cast<std::size_t>(lanes.options().sources * lanes.options().beams);
  const int most = std::min(options.max_tokens, lanes.options().positions);
  groups.reserve(static_cast<std::size_t>(lanes.options().sources * options.groups));
  for (int i = 0; i < lanes.options().sources * options.groups; ++i)
    groups.emplace_back(options,
                        Place{i / options.groups, i % options.groups * group_size(), &trail},
                        group_size(), static_cast<int>(ends.size()), most);
  active.reserve(all);
  tokens.reserve(all);
  rows.reserve(all);
  parents.resize(static_cast<std::size_t>(lanes.options().beams));
  history.resize(static_cast<std::size_t>(lanes.options().positions) + 1);
  room.resize(static_cast<std::size_t>(lanes.options().threads) * vocab);
  if (options.groups > 1 && !sampler) cost.resize(vocab);
  if (sampler) randoms.resize(groups.size(), Random(0));
  const LanesOptions& o = lanes.options();
  return !o.alignments || trail.allocate({o.sources, o.beams, most, o.source_rows});
}

BeamSearch::BeamSearch(std::unique_ptr<State> state) : state_(std::move(state)) {}
BeamSearch::BeamSearch(BeamSearch&&) noexcept = default;
BeamSearch& BeamSearch::operator=(BeamSearch&&) noexcept = default;
BeamSearch::~BeamSearch() = default;

// Feeds the last tokens; afterwards the rows of lanes.logits() are log-probabilities.
core::Status BeamSearch::State::step() {
  const std::size_t vocab = room.size() / static_cast<std::size_t>(lanes.options().threads);
  lanes.step(active, tokens, [&](int row, int thread) {
    const auto own = std::span(room).subspan(static_cast<std::size_t>(thread) * vocab, vocab);
    if (!log_softmax(lanes.logits(row), own)) ranked.store(false, std::memory_order_relaxed);
  });
  if (ranked.exchange(true)) return core::Done{};
  return Error{Fault::corrupt,
               "the model's answers are not all numbers; its weights may be damaged"};
}

void BeamSearch::State::choose(std::span<const Source> sources, bool first) {
  std::size_t row = 0;
  for (std::size_t i = 0; i < sources.size(); ++i)
    if (!done(i)) choose(i, sources[i], row, first);
}

// `row` is the first of the step's rows that is this source's. In the first step all groups read
// the same row.
void BeamSearch::State::choose(std::size_t source, const Source& from, std::size_t& row,
                               bool first) {
  std::fill(cost.begin(), cost.end(), 0.0f);
  int group_index = 0, step = 0;
  for (BeamGroup& group : groups_of(source)) {
    const int offset = group_size() * group_index++;
    const auto own = parents.begin() + offset;
    if (group.done()) {
      for (int i = 0; i < group_size(); ++i) own[i] = offset + i;
      continue;
    }
    rows.clear();
    for (int beam = 0; beam < group.running(); ++beam) {
      const std::span<float> log_probs = lanes.logits(static_cast<int>(row));
      std::copy(from.start.begin(), from.start.end(), history.begin());
      const auto end = std::copy(group.tokens(beam).begin(), group.tokens(beam).end(),
                                 history.begin() + static_cast<std::ptrdiff_t>(from.start.size()));
      if (!first || group_index == 1)
        constraints.apply(log_probs, {history.begin(), end}, group.chosen());
      rows.push_back(log_probs);
      if (!first) ++row;
    }
    step = group.chosen();
    if (sampler)
      draw(group, rows[0]);
    else
      group.choose(rows, cost, ends);
    for (int i = 0; i < group_size(); ++i)
      own[i] = first ? 0 : offset + group.parents()[static_cast<std::size_t>(i)];
    if (!cost.empty())
      for (int beam = 0; beam < group.running(); ++beam)
        cost[static_cast<std::size_t>(group.last_token(beam))] += options.diversity;
  }
  if (first) ++row;
  if (!trail.empty()) trail.link(static_cast<int>(source), step, parents);
  lanes.reorder(first_lane(source, 0),
                std::span(parents).first(static_cast<std::size_t>(options.beams)));
}

void BeamSearch::State::draw(BeamGroup& group, std::span<float> log_probs) {
  const auto index = static_cast<std::size_t>(&group - groups.data());
  const core::Result<int> token = sampler->pick(log_probs, {}, randoms[index]);
  if (token)
    group.take(*token, log_probs[static_cast<std::size_t>(*token)], ends);
  else
    group.take(-1, 0, ends);
}

void BeamSearch::State::show_given(std::span<const int> given, const OnToken& on_token) const {
  for (std::size_t i = 0; i < given.size(); ++i)
    on_token(given[i], trail.at(0, static_cast<int>(i), 0));
}

// The token that has just been chosen.
void BeamSearch::State::show_last(const OnToken& on_token) {
  if (!on_token) return;
  const BeamGroup& group = groups[0];
  const std::span<const float> attention = trail.at(0, group.chosen() - 1, 0);
  if (group.running() > 0)
    on_token(group.last_token(0), attention);
  else if (!group.ended().empty() && !group.ended()[0].by_token)
    on_token(group.ended()[0].tokens[static_cast<std::size_t>(group.chosen() - 1)], attention);
}

std::vector<Hypothesis> BeamSearch::State::results(std::size_t source) {
  std::vector<Hypothesis> all;
  for (const BeamGroup& group : groups_of(source))
    for (const Ended& target : group.ended())
      all.push_back(hypothesis_of(target, static_cast<int>(source), trail));
  std::stable_sort(all.begin(), all.end(),
                   [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
  if (all.size() > static_cast<std::size_t>(options.n_best))
    all.resize(static_cast<std::size_t>(options.n_best));
  return all;
}

core::Result<std::vector<std::vector<Hypothesis>>> BeamSearch::run(std::span<const Source> sources,
                                                                   const std::atomic<bool>* cancel,
                                                                   const OnToken& on_token,
                                                                   const OnBegun& on_begun) {
  State& s = *state_;
  assert(static_cast<int>(sources.size()) <= s.lanes.options().sources);
  for (const Source& source : sources)
    if (const core::Status fits = s.check_room(source); !fits) return fits.error();
  if (s.lanes.transformer().translates()) {
    std::vector<std::span<const int>> views;
    for (const Source& source : sources) views.push_back(source.tokens);
    if (const core::Status fits = s.check_rows(sources); !fits) return fits.error();
    s.lanes.encode(views);
  }
  assert(!on_token || (sources.size() == 1 && s.options.beams == 1));
  s.begin(sources);
  if (on_begun) on_begun();
  if (on_token) s.show_given(sources[0].given, on_token);
  for (bool first = true; !s.active.empty(); first = false) {
    if (cancel != nullptr && cancel->load(std::memory_order_relaxed)) break;
    if (const core::Status fine = s.step(); !fine) return fine.error();
    s.record();
    s.choose(sources, first);
    s.show_last(on_token);
    s.collect(sources);
  }
  std::vector<std::vector<Hypothesis>> all;
  for (std::size_t i = 0; i < sources.size(); ++i) all.push_back(s.results(i));
  return all;
}

}  // namespace linnet::generate
