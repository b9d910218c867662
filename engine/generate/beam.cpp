#include "engine/generate/beam.h"

#include <algorithm>
#include <cassert>
#include <new>

#include "engine/generate/beam_group.h"
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

struct BeamSearch::State {
  Lanes& lanes;
  const BeamOptions options;
  const std::vector<std::int32_t> ends;
  Constraints constraints;
  std::vector<BeamGroup> groups;  // of source 0, then of source 1, ...
  // Of a step: the lanes that take part and their tokens.
  std::vector<int> active, tokens;
  std::vector<int> history, parents;
  std::vector<float> room, cost;
  std::vector<std::span<float>> rows;
  Trail trail;
  std::optional<Sampler> sampler;
  std::vector<Random> randoms;  // as groups

  State(Lanes& l, const BeamOptions& o, Constraints c)
      : lanes(l), options(without_contest(o)), ends(ends_of(l, o)), constraints(std::move(c)) {}

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

  bool allocate();
  core::Status check_room(const Source& source) const;
  core::Status check_rows(std::span<const Source> sources) const;
  int most_tokens(const Source& source) const;
  void begin(std::span<const Source> sources);
  void feed_given(int source, const Source& from);
  void record();
  void draw(BeamGroup& group, std::span<float> log_probs);
  void show_given(std::span<const int> given, const OnToken& on_token) const;
  void show_last(const OnToken& on_token);
  void collect(std::span<const Source> sources);
  core::Status choose(std::span<const Source> sources, bool first);
  core::Status choose(std::size_t source, const Source& from, std::size_t& row, bool first);
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
  room.resize(vocab);
  if (options.groups > 1 && !sampler) cost.resize(vocab);
  if (sampler) randoms.resize(groups.size(), Random(0));
  const LanesOptions& o = lanes.options();
  return !o.alignments || trail.allocate({o.sources, o.beams, most, o.source_rows});
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

core::Status BeamSearch::State::check_rows(std::span<const Source> sources) const {
  std::size_t all = 0;
  for (const Source& source : sources) all += source.tokens.size();
  if (trail.empty() || all <= static_cast<std::size_t>(lanes.options().source_rows))
    return core::Done{};
  return Error{Fault::limit, say("sources of ", all, " tokens together are aligned, and there is ",
                                 "room for ", lanes.options().source_rows)};
}

void BeamSearch::State::begin(std::span<const Source> sources) {
  active.clear();
  tokens.clear();
  if (!trail.empty()) {
    std::vector<int> lengths;
    for (const Source& source : sources) lengths.push_back(static_cast<int>(source.tokens.size()));
    trail.begin(lengths);
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Source& source = sources[i];
    const int lane = first_lane(i, 0);
    lanes.truncate(lane, 0);
    // All but the last token; the last ones of all sources go through the layers together.
    const auto feed = [&](std::span<const int> some) {
      if (!some.empty()) lanes.feed(lane, some, false);
    };
    if (!trail.empty()) {
      feed(source.start.first(source.start.size() - 1));
      feed_given(static_cast<int>(i), source);
    } else {
      feed(source.given.empty() ? source.start.first(source.start.size() - 1) : source.start);
      if (!source.given.empty()) feed(source.given.first(source.given.size() - 1));
    }
    active.push_back(lane);
    tokens.push_back(source.given.empty() ? source.start.back() : source.given.back());
    for (BeamGroup& group : groups_of(i)) group.begin(source.given, most_tokens(source));
    if (!sampler) continue;
    Random of_source(Random(Random(options.sampling->seed).next() + source.number).next());
    const std::size_t first = i * static_cast<std::size_t>(options.groups);
    for (int sample = 0; sample < options.groups; ++sample)
      randoms[first + static_cast<std::size_t>(sample)] = Random(of_source.next());
  }
}

// One by one, because only steps have alignments.
void BeamSearch::State::feed_given(int source, const Source& from) {
  const int lane = first_lane(static_cast<std::size_t>(source), 0);
  std::fill(parents.begin(), parents.end(), 0);
  for (std::size_t i = 0; i < from.given.size(); ++i) {
    const int token = i == 0 ? from.start.back() : from.given[i - 1];
    lanes.step({&lane, 1}, {&token, 1});
    trail.record(source, static_cast<int>(i), 0, lanes.alignment(0));
    trail.link(source, static_cast<int>(i), parents);
  }
}

// What the step that has just been done looked at.
void BeamSearch::State::record() {
  for (std::size_t row = 0; !trail.empty() && row < active.size(); ++row) {
    const int source = active[row] / lanes.options().beams,
              beam = active[row] % lanes.options().beams;
    const BeamGroup& group =
        groups_of(static_cast<std::size_t>(source))[static_cast<std::size_t>(beam / group_size())];
    trail.record(source, group.chosen(), beam, lanes.alignment(static_cast<int>(row)));
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

core::Status BeamSearch::State::choose(std::span<const Source> sources, bool first) {
  std::size_t row = 0;
  for (std::size_t i = 0; i < sources.size(); ++i)
    if (!done(i))
      if (const core::Status fine = choose(i, sources[i], row, first); !fine) return fine;
  return core::Done{};
}

// `row` is the first of the step's rows that is this source's. In the first step all groups read
// the same row.
core::Status BeamSearch::State::choose(std::size_t source, const Source& from, std::size_t& row,
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
      const std::span<float> logits = lanes.logits(static_cast<int>(row));
      const bool fresh = !first || group_index == 1;
      if (fresh && !log_softmax(logits, room))
        return Error{Fault::corrupt,
                     "the model's answers are not all numbers; its weights may be damaged"};
      std::copy(from.start.begin(), from.start.end(), history.begin());
      const auto end = std::copy(group.tokens(beam).begin(), group.tokens(beam).end(),
                                 history.begin() + static_cast<std::ptrdiff_t>(from.start.size()));
      if (fresh) constraints.apply(logits, {history.begin(), end}, group.chosen());
      rows.push_back(logits);
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
  return core::Done{};
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
                                                                   const OnToken& on_token) {
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
  if (on_token) s.show_given(sources[0].given, on_token);
  for (bool first = true; !s.active.empty(); first = false) {
    if (cancel != nullptr && cancel->load(std::memory_order_relaxed)) break;
    s.lanes.step(s.active, s.tokens);
    s.record();
    if (const core::Status fine = s.choose(sources, first); !fine) return fine.error();
    s.show_last(on_token);
    s.collect(sources);
  }
  std::vector<std::vector<Hypothesis>> all;
  for (std::size_t i = 0; i < sources.size(); ++i) all.push_back(s.results(i));
  return all;
}

}  // namespace linnet::generate
