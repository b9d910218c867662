#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/result.h"

namespace linnet::generate {

// What a search may not choose, whatever the model thinks.
struct ConstraintOptions {
  std::vector<int> suppressed = {};                    // these tokens never
  std::vector<std::vector<int>> suppressed_runs = {};  // these tokens never one after another
  int no_repeat_ngram = 0;      // no run of so many tokens twice; 0: any (Paulus et al., 2018)
  float repeat_penalty = 1.0f;  // > 0: log-probabilities of tokens so far times this (Keskar et
                                // al., 2019)
  int min_tokens = 0;           // no end token before so many others
};

// Applies them to log-probabilities. All memory is allocated by make().
class Constraints {
 public:
  // `ends` are the tokens that end a target. Errors: bad_argument, naming what is out of range.
  static core::Result<Constraints> make(const ConstraintOptions& options,
                                        std::span<const std::int32_t> ends, int vocab);

  // Changes the log-probabilities [vocab] of the token after `history`; of that, `chosen` tokens
  // are the target's own so far.
  void apply(std::span<float> log_probs, std::span<const int> history, int chosen);

 private:
  void penalize(std::span<float> log_probs, std::span<const int> history);
  void forbid_repeated(std::span<float> log_probs, std::span<const int> history) const;

  ConstraintOptions options_;
  std::vector<std::int32_t> ends_;
  std::vector<std::uint32_t> round_;  // [vocab]: of the last penalty
  std::uint32_t rounds_ = 0;
};

}  // namespace linnet::generate
