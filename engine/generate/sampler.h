#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/result.h"
#include "engine/generate/cutoff.h"
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
// penalty. Each softmax adds up in the order of ids; sums of probabilities are those of whole
// multiples of 2^-52 (cutoff.h), the same in any order.
struct Sampling {
  float temperature = 0.8f;     // >= 0
  int top_k = 40;               // >= 0
  float top_p = 0.95f;          // (0, 1]
  float min_p = 0.05f;          // [0, 1]
  float repeat_penalty = 1.0f;  // > 0; 1: none
  int repeat_last_n = 64;       // >= 0; -1: the whole context
  std::uint64_t seed = 0;
};

// Draws tokens. The same options and logits give the same tokens on every machine. The token drawn
// is the first with which the sum of probabilities is above a random number: from the largest down
// where top-k or top-p is used, else by id. The time of a pick grows with the vocabulary and no
// faster. All memory is allocated by make().
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
  static constexpr double kMargin = 1e-5;  // beyond all that rounding does to probabilities

  Sampler(const Sampling& sampling, int vocab);
  void penalize(std::span<float> logits, std::span<const int> history);
  // These choose the tokens that may be drawn: the first count_ of ids_.
  void keep_from(double least) { count_ = peaks_.ids_from(least, ids_); }
  void keep_best(std::span<const float> logits);
  void keep_near(std::span<const float> logits, int best);
  void keep_likely(std::span<const float> logits, int best);
  void drop_unlikely(int best);
  void drop_tail(std::span<const float> logits);
  void drop_after(std::span<const float> logits, std::uint32_t last);
  double reach() const;
  // Sets weights_ to softmax(logits / temperature) of them.
  void weigh(std::span<const float> logits, float temperature);
  std::span<const std::uint32_t> ids() const { return std::span(ids_).first(count_); }
  std::span<const float> weights() const { return std::span(weights_).first(count_); }

  // These draw from softmax(logits / temperature): among the tokens that may be drawn, summed in
  // the order of choice; and among those that min-p alone leaves, summed in the order of their ids.
  int drawn_by_choice(std::span<const float> logits, Random& random);
  int drawn_by_id(std::span<const float> logits, int best, Random& random);
  static std::size_t drawn(std::span<const float> p, Random& random);

  Sampling sampling_;
  Random random_;
  Peaks peaks_;
  Cutoff cutoff_;
  std::vector<std::uint32_t> ids_;    // [vocab]: rising
  std::vector<float> weights_;        // [vocab]
  std::vector<std::uint32_t> round_;  // [vocab]: of the last penalty
  std::uint32_t rounds_ = 0;
  std::size_t count_ = 0;
};

}  // namespace linnet::generate
