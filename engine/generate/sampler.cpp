#include "engine/generate/sampler.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>
#include <new>

#include "engine/generate/log_softmax.h"
#include "engine/ops/softmax.h"

namespace linnet::generate {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using core::Done;
using core::Error;
using core::Fault;
using core::say;

core::Status check(const Sampling& s) {
  const auto refuse = [](const auto&... parts) -> core::Status {
    return Error{Fault::bad_argument, say(parts...)};
  };
  if (!(s.temperature >= 0.0f) || !std::isfinite(s.temperature))
    return refuse("the temperature is ", s.temperature, " and must not be negative");
  if (s.top_k < 0) return refuse("top-k is ", s.top_k, " and must not be negative");
  if (!(s.top_p > 0.0f && s.top_p <= 1.0f))
    return refuse("top-p is ", s.top_p, " and must be above 0 and at most 1");
  if (!(s.min_p >= 0.0f && s.min_p <= 1.0f))
    return refuse("min-p is ", s.min_p, " and must lie between 0 and 1");
  if (!(s.repeat_penalty > 0.0f) || !std::isfinite(s.repeat_penalty))
    return refuse("the repeat penalty is ", s.repeat_penalty, " and must be above 0");
  if (s.repeat_last_n < -1)
    return refuse("the penalty looks back ", s.repeat_last_n,
                  " tokens and must look back -1 (all), "
                  "0 (none) or more");
  return Done{};
}

// For a sum of masses: the least that is above a random point.
std::uint64_t goal_of(Random& random) {
  return static_cast<std::uint64_t>(random.uniform() * 0x1p52) + 1;
}

std::uint64_t mass_of_block(const float* p) {
  std::uint64_t lanes[4] = {};
  for (std::size_t i = 0; i < Peaks::kBlock; i += 4)
    for (std::size_t lane = 0; lane < 4; ++lane) lanes[lane] += mass_of(p[i + lane]);
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

}  // namespace

core::Result<Sampler> Sampler::make(const Sampling& sampling, int vocab) {
  if (const core::Status fine = check(sampling); !fine) return fine.error();
  try {
    return Sampler(sampling, vocab);
  } catch (const std::bad_alloc&) {
    return Error{Fault::limit, say("a choice among ", vocab, " tokens needs ", memory(vocab),
                                   " bytes of memory, and they cannot be had")};
  }
}

std::int64_t Sampler::memory(int vocab) {
  constexpr std::size_t kEach = sizeof(std::uint32_t) + sizeof(float) + sizeof(std::uint32_t);
  return vocab * static_cast<std::int64_t>(kEach) + Peaks::memory(vocab) + Cutoff::memory(vocab);
}

Sampler::Sampler(const Sampling& sampling, int vocab)
    : sampling_(sampling),
      random_(sampling.seed),
      peaks_(vocab),
      cutoff_(vocab),
      ids_(static_cast<std::size_t>(vocab)),
      weights_(static_cast<std::size_t>(vocab)),
      round_(static_cast<std::size_t>(vocab)) {}

core::Result<int> Sampler::pick(std::span<float> logits, std::span<const int> history,
                                Random& random) {
  assert(logits.size() == ids_.size());
  penalize(logits, history);
  const core::Result<int> best = peaks_.read(logits);
  if (!best || sampling_.temperature == 0.0f) return best;
  const bool best_only =
      sampling_.top_k > 0 && static_cast<std::size_t>(sampling_.top_k) < logits.size();
  if (!best_only && sampling_.top_p == 1.0f) return drawn_by_id(logits, *best, random);
  if (!best_only) {
    keep_near(logits, *best);
  } else {
    keep_best(logits);
    if (sampling_.top_p < 1.0f || sampling_.min_p > 0.0f) weigh(logits, 1.0f);
  }
  drop_unlikely(*best);
  drop_tail(logits);
  return drawn_by_choice(logits, random);
}

void Sampler::penalize(std::span<float> logits, std::span<const int> history) {
  const std::size_t window = sampling_.repeat_last_n < 0
                                 ? history.size()
                                 : static_cast<std::size_t>(sampling_.repeat_last_n);
  if (sampling_.repeat_penalty == 1.0f) return;
  ++rounds_;
  for (const int id : history.last(std::min(window, history.size()))) {
    const auto at = static_cast<std::size_t>(id);
    if (round_[at] == rounds_) continue;
    round_[at] = rounds_;
    float& logit = logits[at];
    logit = logit > 0.0f ? logit / sampling_.repeat_penalty : logit * sampling_.repeat_penalty;
  }
}

// The `top_k` largest.
void Sampler::keep_best(std::span<const float> logits) {
  keep_from(double{peaks_.reached_by(sampling_.top_k, weights_)});
  const auto count = static_cast<std::size_t>(sampling_.top_k);
  if (count_ == count) return;
  drop_after(logits, ids_[cutoff_.find({logits, peaks_.top(), ids(), {}}, count).at]);
}

// How far below the largest logit min-p reaches; infinity where probabilities come near the
// smallest floats.
double Sampler::reach() const {
  constexpr float kSmall = 1e-6f;
  return sampling_.min_p >= kSmall ? kMargin - natural_log(double{sampling_.min_p}) : kInfinity;
}

// All among which top-p and min-p can leave any, with their probabilities.
void Sampler::keep_near(std::span<const float> logits, int best) {
  std::copy(logits.begin(), logits.end(), weights_.begin());
  ops::softmax(weights_);
  double below = reach();
  // Farther away, even the whole vocabulary would not have half of what top-p leaves out. The sum
  // of all probabilities may lack the other half, for a total rounds by up to 0.4 % of it.
  if (const double left_out = 1.0 - double{sampling_.top_p}; left_out > 0.009) {
    const double most = double{weights_[static_cast<std::size_t>(best)]};
    below = std::min(below, natural_log(static_cast<double>(logits.size()) * most * 2 / left_out));
  }
  keep_from(double{peaks_.top()} - below);
  for (std::size_t i = 0; i < count_; ++i) weights_[i] = weights_[ids_[i]];
}

// What min-p leaves of the whole vocabulary. Without a look at probabilities, unless one is so near
// the least that only its bits can tell.
void Sampler::keep_likely(std::span<const float> logits, int best) {
  const double least = double{peaks_.top()} - reach();
  keep_from(least);
  const auto doubtful = [&](std::uint32_t id) { return double{logits[id]} < least + 2 * kMargin; };
  if (!std::isinf(least) && std::none_of(ids().begin(), ids().end(), doubtful)) return;
  keep_near(logits, best);
  drop_unlikely(best);
}

void Sampler::drop_unlikely(int best) {
  if (sampling_.min_p == 0.0f) return;
  const auto at = std::lower_bound(ids().begin(), ids().end(), static_cast<std::uint32_t>(best));
  const float least = sampling_.min_p * weights_[static_cast<std::size_t>(at - ids().begin())];
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    ids_[kept] = ids_[i];
    weights_[kept] = weights_[i];
    kept += !(weights_[i] < least);
  }
  count_ = kept;
}

// The fewest that reach top-p remain, or all if they do not reach it.
void Sampler::drop_tail(std::span<const float> logits) {
  if (sampling_.top_p == 1.0f) return;
  const auto goal = static_cast<std::uint64_t>(std::ceil(double{sampling_.top_p} * 0x1p52));
  const std::size_t last = cutoff_.find({logits, peaks_.top(), ids(), weights()}, goal).at;
  if (last < count_) drop_after(logits, ids_[last]);
}

// Drops those that come after `last` in the order of choice.
void Sampler::drop_after(std::span<const float> logits, std::uint32_t last) {
  const float least = logits[last];
  std::size_t kept = 0;
  for (const std::uint32_t id : ids()) {
    const float logit = logits[id];
    ids_[kept] = id;
    kept += (logit > least) | ((logit == least) & (id <= last));
  }
  count_ = kept;
}

void Sampler::weigh(std::span<const float> logits, float temperature) {
  for (std::size_t i = 0; i < count_; ++i)
    weights_[i] = (logits[ids_[i]] - peaks_.top()) / temperature;
  ops::softmax(std::span(weights_).first(count_));
}

int Sampler::drawn_by_choice(std::span<const float> logits, Random& random) {
  weigh(logits, sampling_.temperature);
  const Tokens all{logits, peaks_.top(), ids(), weights()};
  Cutoff::Found found = cutoff_.find(all, goal_of(random));
  // Should rounding leave the sum of all below the random point: the last one that can be drawn.
  if (found.at == count_) found = cutoff_.find(all, found.sum);
  return static_cast<int>(ids_[found.at]);
}

int Sampler::drawn_by_id(std::span<const float> logits, int best, Random& random) {
  if (sampling_.min_p > 0.0f) {
    keep_likely(logits, best);
    weigh(logits, sampling_.temperature);
    return static_cast<int>(ids_[drawn(weights(), random)]);
  }
  for (std::size_t i = 0; i < logits.size(); ++i)
    weights_[i] = (logits[i] - peaks_.top()) / sampling_.temperature;
  ops::softmax(weights_);
  return static_cast<int>(drawn(weights_, random));
}

// Which of the probabilities `p` is drawn: the first whose sum with all before it is above a random
// point.
std::size_t Sampler::drawn(std::span<const float> p, Random& random) {
  const std::uint64_t goal = goal_of(random);
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (std::uint64_t more; p.size() - at >= Peaks::kBlock; at += Peaks::kBlock, sum += more) {
    more = mass_of_block(p.data() + at);
    if (sum + more >= goal) break;
  }
  for (; at < p.size(); ++at) {
    sum += mass_of(p[at]);
    if (sum >= goal) return at;
  }
  // Rounding left the sum of all below it: the last one that can be drawn.
  while (mass_of(p[at - 1]) == 0) --at;
  return at - 1;
}

}  // namespace linnet::generate
