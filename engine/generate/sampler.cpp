#include "engine/generate/sampler.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <new>

#include "engine/ops/softmax.h"

namespace linnet::generate {
namespace {

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

// The id of the largest logit, the lowest of equal ones.
core::Result<int> best_of(std::span<const float> logits) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  int best = -1;
  for (std::size_t id = 0; id < logits.size(); ++id) {
    const float logit = logits[id];
    if (!(logit < kInfinity))
      return Error{Fault::corrupt, say("the model's answer for token ", id, " is ",
                                       std::isnan(logit) ? "not a number" : "infinite",
                                       ", from which nothing can be chosen; its weights may be "
                                       "damaged")};
    if (logit > (best < 0 ? -kInfinity : logits[static_cast<std::size_t>(best)]))
      best = static_cast<int>(id);
  }
  if (best < 0) return Error{Fault::corrupt, "every token is suppressed, so none can be chosen"};
  return best;
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
  return vocab *
         static_cast<std::int64_t>(sizeof(Candidate) + sizeof(float) + sizeof(std::uint32_t));
}

Sampler::Sampler(const Sampling& sampling, int vocab)
    : sampling_(sampling),
      random_(sampling.seed),
      candidates_(static_cast<std::size_t>(vocab)),
      weights_(static_cast<std::size_t>(vocab)),
      round_(static_cast<std::size_t>(vocab)) {}

core::Result<int> Sampler::pick(std::span<float> logits, std::span<const int> history,
                                Random& random) {
  assert(logits.size() == candidates_.size());
  penalize(logits, history);
  const core::Result<int> best = best_of(logits);
  if (!best || sampling_.temperature == 0.0f) return best;
  return draw(likely(logits), random);
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

bool Sampler::before(const Candidate& a, const Candidate& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
}

// The `top_k` largest, from the largest down; all of them, in the order of their ids.
std::span<Sampler::Candidate> Sampler::largest(std::span<const float> logits) {
  for (std::size_t id = 0; id < logits.size(); ++id)
    candidates_[id] = {logits[id], static_cast<int>(id)};
  if (sampling_.top_k == 0 || sampling_.top_k >= static_cast<int>(logits.size()))
    return candidates_;
  const auto end = candidates_.begin() + sampling_.top_k;
  std::nth_element(candidates_.begin(), end, candidates_.end(), before);
  std::sort(candidates_.begin(), end, before);
  return {candidates_.begin(), end};
}

// softmax of the candidates, in their order.
std::span<float> Sampler::probabilities(std::span<const Candidate> candidates) {
  for (std::size_t i = 0; i < candidates.size(); ++i) weights_[i] = candidates[i].logit;
  const std::span<float> p(weights_.data(), candidates.size());
  ops::softmax(p);
  return p;
}

// What top-k, top-p and min-p leave.
std::span<Sampler::Candidate> Sampler::likely(std::span<const float> logits) {
  const std::span<Candidate> sorted = largest(logits);
  if (sorted.size() == logits.size()) return likely_of_all();
  const std::span<const float> p = probabilities(sorted);
  const float least = sampling_.min_p * p[0];
  double sum = 0;
  std::size_t kept = 0;
  while (kept < p.size() && sum < sampling_.top_p && p[kept] >= least) sum += p[kept++];
  return sorted.first(std::max<std::size_t>(kept, 1));
}

// The same for the whole vocabulary, which is not sorted: a heap gives up its largest one by one
// until they are enough, and that are few.
std::span<Sampler::Candidate> Sampler::likely_of_all() {
  const std::span<const float> p = probabilities(candidates_);  // by id
  const auto p_of = [&](const Candidate& c) { return p[static_cast<std::size_t>(c.id)]; };
  auto end = candidates_.end();
  if (sampling_.min_p > 0.0f) {
    const float least = sampling_.min_p * *std::max_element(p.begin(), p.end());
    end = std::remove_if(candidates_.begin(), end,
                         [&](const Candidate& c) { return p_of(c) < least; });
  }
  if (sampling_.top_p == 1.0f) return {candidates_.begin(), end};
  const auto after = [](const Candidate& a, const Candidate& b) { return before(b, a); };
  std::make_heap(candidates_.begin(), end, after);
  auto rest = end;  // the heap ends here, and behind it stand those that are kept
  for (double sum = 0; rest != candidates_.begin() && sum < sampling_.top_p; sum += p_of(*rest))
    std::pop_heap(candidates_.begin(), rest--, after);
  std::reverse(rest, end);
  return {rest, end};
}

int Sampler::draw(std::span<const Candidate> candidates, Random& random) {
  const float top =
      std::max_element(candidates.begin(), candidates.end(),
                       [](const Candidate& a, const Candidate& b) { return a.logit < b.logit; })
          ->logit;
  const std::span<float> p(weights_.data(), candidates.size());
  for (std::size_t i = 0; i < p.size(); ++i)
    p[i] = (candidates[i].logit - top) / sampling_.temperature;
  ops::softmax(p);
  const double point = random.uniform();
  double sum = 0;
  std::size_t last = 0;  // the last one that can be drawn, should rounding leave the sum below 1
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i] > 0.0f) last = i;
    sum += p[i];
    if (sum > point) break;
  }
  return candidates[last].id;
}

}  // namespace linnet::generate
