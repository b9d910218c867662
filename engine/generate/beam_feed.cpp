#include <algorithm>
#include <cassert>

#include "engine/generate/beam_state.h"

namespace linnet::generate {

using core::Error;
using core::Fault;
using core::say;

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

}  // namespace linnet::generate
