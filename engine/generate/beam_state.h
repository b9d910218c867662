#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <vector>

#include "engine/generate/beam_group.h"

namespace linnet::generate {

// A search under way: beam_feed.cpp puts tokens into lanes, beam.cpp chooses the next ones.
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
  Trail trail;
  std::optional<Sampler> sampler;
  std::vector<Random> randoms;  // as groups

  State(Lanes& l, const BeamOptions& o, Constraints c);

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
  core::Status step();
  void choose(std::span<const Source> sources, bool first);
  void choose(std::size_t source, const Source& from, std::size_t& row, bool first);
  std::vector<Hypothesis> results(std::size_t source);
};

}  // namespace linnet::generate
