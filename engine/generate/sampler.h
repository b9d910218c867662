#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/result.h"
#include "engine/generate/peaks.h"
#include "engine/generate/random.h"

namespace linnet::generate {

// How the next token is chosen from the logits. Names and meaning are llama.cpp's. In this order:
//   penalty      each token among the last `repeat_last_n` ones, once: a logit above 0 is divided
//                by `repeat_penalty`, another one is multiplied by it (Keskar et al., 2019)
//   top-k        the `top_k` largest logits remain; 0: all
//   top-p        p = softmax(logits); the fewest remain, from the largest down, whose sum reaches
//                `top_p` (Holtzman et al., 2020); 1: all
//   min-p        those remain with p >= min_p * largest p (Nguyen et al., 2024); 0: all
//   temperature  the choice is drawn from softmax(logits / temperature)
// Equal logits count in the order of their ids. Temperature 0 takes the largest logit after the
// penalty.
struct Sampling {
  float temperature = 0.8f;     // >= 0
  int top_k = 40;               // >= 0
  float top_p = 0.95f;          // (0, 1]
  float min_p = 0.05f;          // [0, 1]
  float repeat_penalty = 1.0f;  // > 0; 1: none
  int repeat_last_n = 64;       // >= 0; -1: the whole context
  std::uint64_t seed = 0;
};

// Draws tokens. The same options and logits give the same tokens on every machine. All memory is
// allocated by make().
class Sampler {
 public:
  // Errors: bad_argument, naming the option that is out of range; limit if there is no memory.
  static core::Result<Sampler> make(const Sampling& sampling, int vocab);
  // What a Sampler of that vocabulary allocates, in bytes.
  static std::int64_t memory(int vocab);

  // The next token after `history`; changes the logits [vocab]. Errors: corrupt, if the logits
  // cannot be ranked (a NaN or +infinity among them, or all of them -infinity).
  core::Result<int> pick(std::span<float> logits, std::span<const int> history) {
    return pick(logits, history, random_);
  }
  // The same with random numbers of one's own instead of those of the seed.
  core::Result<int> pick(std::span<float> logits, std::span<const int> history, Random& random);

 private:
  // Distances below the largest logit.
  static constexpr double kMargin = 1e-5, kNear = 4, kFar = 64;
  static constexpr std::size_t kFew = 64;  // are sorted rather than halved
  struct Reached {
    std::span<const std::uint64_t> places;
    bool enough;
  };

  Sampler(const Sampling& sampling, int vocab);
  void penalize(std::span<float> logits, std::span<const int> history);
  std::span<std::uint64_t> from(double least, std::span<const float> logits);
  std::span<const std::uint64_t> best(std::span<const float> logits);
  std::span<const std::uint64_t> likely_of_best(std::span<const float> logits);
  std::span<const float> probabilities(std::span<const float> logits);
  double reach() const;
  std::span<const std::uint64_t> likely(std::span<const float> logits, int best);
  std::span<std::uint64_t> without_unlikely(std::span<std::uint64_t> some, std::span<const float> p,
                                            int best) const;
  std::span<const std::uint64_t> enough(std::span<const float> logits, int best);
  Reached first_of(std::span<std::uint64_t> some, std::span<const float> p) const;
  int draw(std::span<const float> logits, std::span<const std::uint64_t> places, Random& random);
  int draw(std::span<const float> logits, Random& random);
  static std::size_t drawn(std::span<float> p, Random& random);

  Sampling sampling_;
  Random random_;
  Peaks peaks_;
  std::vector<std::uint64_t> places_;  // [vocab]: those that may be drawn
  std::vector<float> weights_;         // [vocab]
  std::vector<std::uint32_t> round_;   // [vocab]: of the last penalty
  std::uint32_t rounds_ = 0;
};

}  // namespace linnet::generate
