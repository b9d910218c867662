#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/result.h"
#include "engine/generate/constraints.h"
#include "engine/generate/lanes.h"
#include "engine/generate/sampler.h"

namespace linnet::generate {

// How the sum of log-probabilities becomes the score of a target of n tokens, its end token
// counted:
//   mean   sum / n^A
//   gnmt   sum / ((5 + n) / 6)^A     (Wu et al., 2016, equation 14)
enum class LengthNorm { mean, gnmt };

// When a search is over, once as many targets as there are beams have ended:
//   heuristic  no beam, if it ended now, would be better than the worst of them
//   first      at once
//   never      no beam could become better than the worst of them before max_tokens
enum class EarlyStopping { heuristic, first, never };

struct BeamOptions {
  int beams = 4;   // 1 to 256; 1 is greedy search
  int n_best = 1;  // 1 to beams
  LengthNorm norm = LengthNorm::mean;
  float length_penalty = 1.0f;  // A above; 0: the sum itself
  float word_penalty = 0.0f;    // taken from the sum for every token
  // B >= 0: a target that has ended has B * sum over source positions of log(min(sum over its
  // tokens, the end token counted, of the weight, 1)) added to its score (Wu et al., 2016, equation
  // 14; the weights are Lanes::alignment). Above 0: the lanes have alignments.
  float coverage_penalty = 0.0f;
  EarlyStopping early = EarlyStopping::heuristic;
  float patience =
      1.0f;        // > 0: round(beams * patience) targets must have ended (Kasai et al., 2022)
  int groups = 1;  // divides beams: diverse beam search (Vijayakumar et al., 2018), where a
  float diversity = 0.5f;       // token costs this for each earlier group that has just chosen it
  int max_tokens = 256;         // of a target, its end token counted
  float max_length_factor = 0;  // > 0: and at most this many tokens for each token of the source
  ConstraintOptions constraints = {};
  std::vector<std::int32_t> ends = {};  // tokens that end a target; none: those of the model
  // Draws so many targets as there are beams instead, each on its own, and sorts them by score;
  // what says how beams compete counts for nothing.
  std::optional<Sampling> sampling = {};
};

struct Hypothesis {
  std::vector<int> tokens;       // without start and end tokens; begins with what was given
  std::vector<float> log_probs;  // of each, and of the end token; 0 for what was given
  float sum = 0, score = 0;
  bool ended = false;  // by an end token; otherwise it is as long as it may be
  // Where lanes have alignments: [log_probs.size()][source tokens], what was looked at to choose
  // each token and the end token.
  std::vector<float> attention = {};
};

// Finds the likeliest targets (Graves, 2012; Sutskever et al., 2014; early stopping, scores and
// ties as Hugging Face transformers has them, so that its results can be had). Equal scores count
// in the order of beams and then of tokens. All memory but that of the results is allocated by
// make().
class BeamSearch {
 public:
  // `lanes` has at least as many beams as the options and outlives this. Errors: bad_argument,
  // naming the option that is out of range; limit if there is no memory.
  static core::Result<BeamSearch> make(Lanes& lanes, const BeamOptions& options);
  // What a search with all beams of such lanes allocates at most, in bytes.
  static std::int64_t memory(const model::Transformer& transformer, const LanesOptions& lanes);
  BeamSearch(BeamSearch&&) noexcept;
  BeamSearch& operator=(BeamSearch&&) noexcept;
  ~BeamSearch();

  // What a search starts from.
  struct Source {
    std::span<const int> tokens = {};  // of an encoder-decoder: encoded; 1 to source_positions
    // The first inputs of the decoder: the start tokens, or the prompt of a decoder-only model. At
    // least one.
    std::span<const int> start = {};
    std::span<const int> given = {};  // the target's first tokens, whatever the model thinks
    int max_tokens = 0;               // 0: as the options say; `given` counts
    // What is drawn for a source depends on the seed and this number, not on its neighbours.
    std::uint64_t number = 0;
  };
  // A token of the only beam of the only source as soon as it is chosen, what was given included,
  // and what was looked at, empty where the lanes have no alignments. Not called for an end token.
  using OnToken = std::function<void(int token, std::span<const float> attention)>;
  // Called once, when all that the first step needs has gone through the model: the sources, and of
  // the start and given tokens all but the last ones.
  using OnBegun = std::function<void()>;
  // The n_best targets of each source, the best first; fewer if there are not so many. `ends` are
  // the tokens that end a target. A source whose start and given tokens leave no room in its lane
  // is an error (limit), and so are answers that are not numbers (corrupt); after a cancel there
  // are no results for what was not done. Where lanes have alignments, the sources together have at
  // most source_rows tokens.
  core::Result<std::vector<std::vector<Hypothesis>>> run(std::span<const Source> sources,
                                                         const std::atomic<bool>* cancel = nullptr,
                                                         const OnToken& on_token = nullptr,
                                                         const OnBegun& on_begun = nullptr);

 private:
  struct State;
  explicit BeamSearch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace linnet::generate
