#include "engine/generate/beam.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cmath>
#include <new>

#include "engine/core/limits.h"
#include "engine/generate/beam_group.h"
#include "engine/generate/log_softmax.h"

namespace linnet::generate {
namespace {

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
  if (o.max_tokens < 1 || o.max_tokens > core::limits::kContext)
    return refuse(o.max_tokens, " tokens at most must lie between 1 and ", core::limits::kContext);
  return core::Done{};
}

const std::vector<std::int32_t>& ends_of(const Lanes& lanes, const BeamOptions& o) {
  return o.ends.empty() ? lanes.transformer().spec().sequences.ends : o.ends;
}

Hypothesis hypothesis_of(const Ended& target) {
  Hypothesis h;
  const auto count = static_cast<std::ptrdiff_t>(target.count);
  h.tokens.assign(target.tokens.begin(), target.tokens.begin() + count - (target.by_token ? 1 : 0));
  h.log_probs.assign(target.log_probs.begin(), target.log_probs.begin() + count);
  h.sum = target.sum;
  h.score = target.score;
  h.ended = target.by_token;
  return h;
}

}  // namespace

struct BeamSearch::State {
  Lanes& lanes;
  const BeamOptions options;
  const std::vector<std::int32_t> ends;
  Constraints constraints;
  std::vector<BeamGroup> groups;  // of source 0, then of source 1, ...
  // Of a step: the lanes that take part and their tokens.
  std::vector<int> active, tokens;
  std::vector<int> history, parents;
  std::vector<float> room;  // [threads, vocab]
  std::vector<float> cost;
  std::vector<std::span<float>> rows;
  std::atomic<bool> ranked = true;  // all logits of the step are numbers

  State(Lanes& l, const BeamOptions& o, Constraints c)
      : lanes(l), options(o), ends(ends_of(l, o)), constraints(std::move(c)) {}

  int group_size() const { return options.beams / options.groups; }
  std::span<BeamGroup> groups_of(std::size_t source) {
    const auto count = static_cast<std::size_t>(options.groups);
    return std::span(groups).subspan(source * count, count);
  }
  int first_lane(std::size_t source, int group) const {
    return static_cast<int>(source) * lanes.options().beams + group * group_size();
  }
  bool done(std::size_t source) {
    for (const BeamGroup& group : groups_of(source))
      if (!group.done()) return false;
    return true;
  }

  void allocate();
  core::Status check_room(const Source& source) const;
  int most_tokens(const Source& source) const;
  void begin(std::span<const Source> sources);
  void collect(std::span<const Source> sources);
  core::Status step();
  void choose(std::span<const Source> sources, bool first);
  void choose(std::size_t source, const Source& from, std::size_t& row, bool first);
  void spread(std::size_t source);
  std::vector<Hypothesis> results(std::size_t source);
};

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
    state->allocate();
    return BeamSearch(std::move(state));
  } catch (const std::bad_alloc&) {
    return Error{Fault::limit, say("a beam of ", options.beams, " over ", spec.vocab,
                                   " tokens needs more memory than there is")};
  }
}

void BeamSearch::State::allocate() {
  const auto vocab = static_cast<std::size_t>(lanes.transformer().spec().vocab);
  const auto all = static_cast<std::size_t>(lanes.options().sources * lanes.options().beams);
  const int most = std::min(options.max_tokens, lanes.options().positions);
  groups.reserve(static_cast<std::size_t>(lanes.options().sources * options.groups));
  for (int i = 0; i < lanes.options().sources * options.groups; ++i)
    groups.emplace_back(options, group_size(), static_cast<int>(ends.size()), most);
  active.reserve(all);
  tokens.reserve(all);
  rows.reserve(all);
  parents.resize(static_cast<std::size_t>(lanes.options().beams));
  history.resize(static_cast<std::size_t>(lanes.options().positions) + 1);
  room.resize(static_cast<std::size_t>(lanes.options().threads) * vocab);
  if (options.groups > 1) cost.resize(vocab);
}

std::int64_t BeamSearch::memory(const model::Transformer& transformer, const LanesOptions& lanes) {
  const model::Spec& spec = transformer.spec();
  const std::int64_t positions = lanes.positions > 0 ? lanes.positions : spec.decoder.positions;
  const std::int64_t all = std::int64_t{lanes.sources} * lanes.beams;
  // Tokens and log-probabilities of each beam now and next, and of each target that has ended.
  const std::int64_t targets = all * positions * 3 * std::int64_t{sizeof(int) + sizeof(float)};
  const std::int64_t lists = all * std::int64_t{sizeof(Ended) + 8 * sizeof(Candidate)};
  return targets + lists +
         (std::int64_t{lanes.threads} + 2) * spec.vocab * std::int64_t{sizeof(float)};
}

BeamSearch::BeamSearch(std::unique_ptr<State> state) : state_(std::move(state)) {}
BeamSearch::BeamSearch(BeamSearch&&) noexcept = default;
BeamSearch& BeamSearch::operator=(BeamSearch&&) noexcept = default;
BeamSearch::~BeamSearch() = default;

// The last token is not fed, so that it needs no position.
int BeamSearch::State::most_tokens(const Source& source) const {
  int most = std::min(options.max_tokens,
                      lanes.options().positions - static_cast<int>(source.start.size()) + 1);
  if (source.max_tokens > 0) most = std::min(most, source.max_tokens);
  if (options.max_length_factor > 0) {
    const double factor =
        double{options.max_length_factor} * static_cast<double>(source.tokens.size());
    most = std::min(most, std::max(1, static_cast<int>(std::min(factor, 1e6))));
  }
  return most;
}

core::Status BeamSearch::State::check_room(const Source& source) const {
  assert(!source.start.empty());
  const auto given = static_cast<int>(source.given.size());
  if (given < most_tokens(source)) return core::Done{};
  return Error{Fault::limit, say("a target that begins with ", given, " tokens leaves no room: ",
                                 "it may have ", most_tokens(source), " in all")};
}

void BeamSearch::State::begin(std::span<const Source> sources) {
  active.clear();
  tokens.clear();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Source& source = sources[i];
    const int lane = first_lane(i, 0);
    lanes.truncate(lane, 0);
    // All but the last token; the last ones of all sources go through the layers together.
    const auto feed = [&](std::span<const int> some) {
      if (!some.empty()) lanes.feed(lane, some, false);
    };
    feed(source.given.empty() ? source.start.first(source.start.size() - 1) : source.start);
    if (!source.given.empty()) feed(source.given.first(source.given.size() - 1));
    active.push_back(lane);
    tokens.push_back(source.given.empty() ? source.start.back() : source.given.back());
    for (BeamGroup& group : groups_of(i)) group.begin(source.given, most_tokens(source));
  }
}

// The lanes of all running beams and their last tokens.
void BeamSearch::State::collect(std::span<const Source> sources) {
  active.clear();
  tokens.clear();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    int first = first_lane(i, 0);
    for (const BeamGroup& group : groups_of(i)) {
      for (int beam = 0; !group.done() && beam < group.running(); ++beam) {
        active.push_back(first + beam);
        tokens.push_back(group.last_token(beam));
      }
      first += group_size();
    }
  }
}

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
  int group_index = 0;
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
    group.choose(rows, cost, ends);
    for (int i = 0; i < group_size(); ++i)
      own[i] = first ? 0 : offset + group.parents()[static_cast<std::size_t>(i)];
    if (!cost.empty())
      for (int beam = 0; beam < group.running(); ++beam)
        cost[static_cast<std::size_t>(group.last_token(beam))] += options.diversity;
  }
  if (first) ++row;
  lanes.reorder(first_lane(source, 0),
                std::span(parents).first(static_cast<std::size_t>(options.beams)));
}

std::vector<Hypothesis> BeamSearch::State::results(std::size_t source) {
  std::vector<Hypothesis> all;
  for (const BeamGroup& group : groups_of(source))
    for (const Ended& target : group.ended()) all.push_back(hypothesis_of(target));
  std::stable_sort(all.begin(), all.end(),
                   [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
  if (all.size() > static_cast<std::size_t>(options.n_best))
    all.resize(static_cast<std::size_t>(options.n_best));
  return all;
}

core::Result<std::vector<std::vector<Hypothesis>>> BeamSearch::run(
    std::span<const Source> sources, const std::atomic<bool>* cancel) {
  State& s = *state_;
  assert(static_cast<int>(sources.size()) <= s.lanes.options().sources);
  for (const Source& source : sources)
    if (const core::Status fits = s.check_room(source); !fits) return fits.error();
  if (s.lanes.transformer().translates()) {
    std::vector<std::span<const int>> views;
    for (const Source& source : sources) views.push_back(source.tokens);
    s.lanes.encode(views);
  }
  s.begin(sources);
  for (bool first = true; !s.active.empty(); first = false) {
    if (cancel != nullptr && cancel->load(std::memory_order_relaxed)) break;
    if (const core::Status fine = s.step(); !fine) return fine.error();
    s.choose(sources, first);
    s.collect(sources);
  }
  std::vector<std::vector<Hypothesis>> all;
  for (std::size_t i = 0; i < sources.size(); ++i) all.push_back(s.results(i));
  return all;
}

}  // namespace linnet::generate
