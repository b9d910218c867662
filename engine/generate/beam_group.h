#pragma once

#include <span>
#include <vector>

#include "engine/generate/beam.h"
#include "engine/generate/trail.h"

namespace linnet::generate {

// Errors: bad_argument, naming the option that is out of range.
core::Status check(const BeamOptions& options, const Lanes& lanes);

// One choice among all beams of a group: beam `beam` goes on with `token`.
struct Candidate {
  float sum = 0;       // of log-probabilities, the token's included
  float log_prob = 0;  // of the token
  int beam = 0, token = 0;
};

// The most promising candidates of several rows, kept sorted. `room` holds as many as are wanted.
class Shortlist {
 public:
  explicit Shortlist(int size) : best_(static_cast<std::size_t>(size)) {}
  void clear() { count_ = 0; }
  // Every token of one beam, whose own sum is `sum`; `cost` [vocab] is taken from the choice, not
  // from the sum, or is empty.
  void add(int beam, float sum, std::span<const float> log_probs, std::span<const float> cost);
  void take(const Candidate& candidate) { insert(candidate, candidate.sum); }
  std::span<const Candidate> best() const { return {best_.data(), count_}; }

 private:
  float least() const;
  void insert(const Candidate& candidate, float rank);
  std::vector<Candidate> best_;
  std::vector<float> ranks_ = std::vector<float>(best_.size());
  std::size_t count_ = 0;
};

// A target that has ended: a copy of its tokens.
struct Ended {
  std::vector<int> tokens;       // [max_tokens]
  std::vector<float> log_probs;  // [max_tokens]
  int count = 0;
  float sum = 0, score = 0;
  bool by_token = false;
  int beam = 0;  // of the source, that it ended from
};

// Where the beams of a group stand among those of all sources.
struct Place {
  int source, first_beam;
  Trail* trail;  // empty where the lanes have no alignments
};

// The beams of one source that compete with one another, and the targets that have ended.
class BeamGroup {
 public:
  BeamGroup(const BeamOptions& options, Place place, int size, int ends, int most_tokens);

  // Before a search: targets have at most `max_tokens` tokens and begin with `given`, of which the
  // search counts none as chosen.
  void begin(std::span<const int> given, int max_tokens);
  bool done() const { return done_; }
  // Beams that go on; 1 at first.
  int running() const { return running_; }
  std::span<const int> tokens(int beam) const { return {row(tokens_, beam), count()}; }
  // After choose(): the beam of the step before that each running beam continues, and its token.
  std::span<const int> parents() const { return parents_; }
  int last_token(int beam) const { return row(tokens_, beam)[chosen_ - 1]; }
  int chosen() const { return chosen_; }

  // Chooses the next tokens. log_probs(beam) are those [vocab] of each running beam. Error: corrupt
  // if no token may follow.
  void choose(std::span<const std::span<float>> log_probs, std::span<const float> cost,
              std::span<const std::int32_t> ends);
  // The same for a group of one beam, whose next token somebody else has chosen; -1: none may
  // follow.
  void take(int token, float log_prob, std::span<const std::int32_t> ends);
  // Sorted, the best first. Also running beams that nothing has ended, if the search is cut short.
  std::span<const Ended> ended() const { return {ended_.data(), ended_count_}; }

 private:
  std::size_t count() const { return static_cast<std::size_t>(chosen_); }
  template <class T>
  T* row(std::vector<T>& all, int beam) const {
    return all.data() + std::ptrdiff_t{beam} * most_tokens_;
  }
  template <class T>
  const T* row(const std::vector<T>& all, int beam) const {
    return all.data() + std::ptrdiff_t{beam} * most_tokens_;
  }
  void advance(std::span<const std::int32_t> ends);
  float score(float sum, int tokens) const;
  // Before there are several groups' beams there is beam 0.
  int beam_of_source(int beam) const { return chosen_ == given_ ? 0 : place_.first_beam + beam; }
  void end(const Candidate& candidate, bool by_token);
  void go_on(const Candidate& candidate);
  void look_whether_done();

  const BeamOptions& options_;
  const Place place_;
  const int size_, most_tokens_;
  int max_tokens_ = 0, given_ = 0;
  int chosen_ = 0;  // tokens of each running beam
  int running_ = 1, next_running_ = 0;
  bool done_ = false;
  Shortlist shortlist_;
  std::vector<int> tokens_, next_tokens_;          // [size][most_tokens]
  std::vector<float> log_probs_, next_log_probs_;  // [size][most_tokens]
  std::vector<float> sums_, next_sums_;            // [size]
  std::vector<int> parents_;                       // [size]
  std::vector<Ended> ended_;                       // capacity targets
  std::size_t ended_count_ = 0;
};

}  // namespace linnet::generate
