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

// A token with its place in the order of choice: the larger logit first, of equal ones the lower
// id. The bits of floats rise with them once those of negative ones are turned over; + 0 makes -0
// and 0 one.
std::uint64_t place_of(float logit, int id) {
  const auto bits = std::bit_cast<std::uint32_t>(logit + 0.0f);
  const std::uint32_t rising = (bits >> 31) != 0 ? ~bits : bits | 1u << 31;
  return std::uint64_t{~rising} << 32 | static_cast<std::uint32_t>(id);
}
std::size_t id_of(std::uint64_t place) { return static_cast<std::uint32_t>(place); }

double sum_of_block(const float* p) {
  double lanes[4] = {};
  for (std::size_t i = 0; i < Peaks::kBlock; i += 4)
    for (std::size_t lane = 0; lane < 4; ++lane) lanes[lane] += double{p[i + lane]};
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

std::size_t drawn_one_by_one(std::span<const float> p, double point) {
  double sum = 0;
  std::size_t last = 0;  // the last one that can be drawn, should rounding leave the sum below 1
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i] > 0.0f) last = i;
    sum += double{p[i]};
    if (sum > point) break;
  }
  return last;
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
  constexpr std::size_t kEach = sizeof(std::uint64_t) + sizeof(float) + sizeof(std::uint32_t);
  return vocab * static_cast<std::int64_t>(kEach) + Peaks::memory(vocab);
}

Sampler::Sampler(const Sampling& sampling, int vocab)
    : sampling_(sampling),
      random_(sampling.seed),
      peaks_(vocab),
      places_(static_cast<std::size_t>(vocab)),
      weights_(static_cast<std::size_t>(vocab)),
      round_(static_cast<std::size_t>(vocab)) {}

core::Result<int> Sampler::pick(std::span<float> logits, std::span<const int> history,
                                Random& random) {
  assert(logits.size() == places_.size());
  penalize(logits, history);
  const core::Result<int> best = peaks_.read(logits);
  if (!best || sampling_.temperature == 0.0f) return best;
  if (sampling_.top_k > 0 && static_cast<std::size_t>(sampling_.top_k) < logits.size())
    return draw(logits, likely_of_best(logits), random);
  if (sampling_.top_p < 1.0f) return draw(logits, enough(logits, *best), random);
  if (sampling_.min_p > 0.0f) return draw(logits, likely(logits, *best), random);
  return draw(logits, random);
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

// Those whose logit is not below `least`, in the order of their ids.
std::span<std::uint64_t> Sampler::from(double least, std::span<const float> logits) {
  std::size_t count = 0;
  peaks_.each_from(least, [&](int id) {
    places_[count++] = place_of(logits[static_cast<std::size_t>(id)], id);
  });
  return {places_.data(), count};
}

// The `top_k` largest, from the largest down.
std::span<const std::uint64_t> Sampler::best(std::span<const float> logits) {
  const auto count = static_cast<std::size_t>(sampling_.top_k);
  std::span<std::uint64_t> some;
  if (const float least = peaks_.reached_by(sampling_.top_k, weights_); std::isfinite(least))
    some = from(double{least}, logits);
  for (double below = kNear; some.size() < count; below *= 2)
    some = from(below < kFar ? double{peaks_.top()} - below : -kInfinity, logits);
  const auto end = some.begin() + sampling_.top_k;
  if (some.size() > count) std::nth_element(some.begin(), end, some.end());
  std::sort(some.begin(), end);
  return some.first(count);
}

// What top-p and min-p leave of them.
std::span<const std::uint64_t> Sampler::likely_of_best(std::span<const float> logits) {
  const std::span<const std::uint64_t> sorted = best(logits);
  for (std::size_t i = 0; i < sorted.size(); ++i) weights_[i] = logits[id_of(sorted[i])];
  const std::span<float> p(weights_.data(), sorted.size());
  ops::softmax(p);
  const float least = sampling_.min_p * p[0];
  double sum = 0;
  std::size_t kept = 0;
  while (kept < p.size() && sum < sampling_.top_p && p[kept] >= least) sum += p[kept++];
  return sorted.first(std::max<std::size_t>(kept, 1));
}

// softmax of the whole vocabulary, by id.
std::span<const float> Sampler::probabilities(std::span<const float> logits) {
  std::copy(logits.begin(), logits.end(), weights_.begin());
  ops::softmax(weights_);
  return weights_;
}

// How far below the largest logit min-p reaches, with a margin beyond all that rounding does to
// probabilities; infinity where they come near the smallest floats.
double Sampler::reach() const {
  constexpr float kSmall = 1e-6f;
  return sampling_.min_p >= kSmall ? kMargin - natural_log(double{sampling_.min_p}) : kInfinity;
}

// What min-p leaves of the whole vocabulary, in the order of ids. Without a look at probabilities,
// unless one is so near the least that only its bits can tell.
std::span<const std::uint64_t> Sampler::likely(std::span<const float> logits, int best) {
  const double top = double{peaks_.top()};
  const std::span<std::uint64_t> some = from(top - reach(), logits);
  const auto doubtful = [&](std::uint64_t place) {
    return double{logits[id_of(place)]} < top - reach() + 2 * kMargin;
  };
  if (!std::isinf(reach()) && std::none_of(some.begin(), some.end(), doubtful)) return some;
  return without_unlikely(some, probabilities(logits), best);
}

std::span<std::uint64_t> Sampler::without_unlikely(std::span<std::uint64_t> some,
                                                   std::span<const float> p, int best) const {
  const float least = sampling_.min_p * p[static_cast<std::size_t>(best)];
  const auto end = std::remove_if(some.begin(), some.end(),
                                  [&](std::uint64_t place) { return p[id_of(place)] < least; });
  return {some.begin(), end};
}

// The fewest of the whole vocabulary that reach top-p, or all that min-p leaves, from the largest
// down. They are looked for among those near the largest logit, then farther below it.
std::span<const std::uint64_t> Sampler::enough(std::span<const float> logits, int best) {
  const std::span<const float> p = probabilities(logits);
  const double farthest = reach();
  for (double below = kNear;; below *= 2) {
    const bool all = below >= std::min(farthest, kFar);
    std::span<std::uint64_t> some = from(double{peaks_.top()} - (all ? farthest : below), logits);
    if (sampling_.min_p > 0.0f) some = without_unlikely(some, p, best);
    double mass = 0;
    for (const std::uint64_t place : some) mass += p[id_of(place)];
    if (!all && mass < sampling_.top_p) continue;
    const Reached reached = first_of(some, p);
    // Rounded in another order, the sum may not suffice.
    if (reached.enough || all) return reached.places;
  }
}

// The first in the order of choice that together reach top-p. Halves tell where they end, so that
// no others are sorted.
Sampler::Reached Sampler::first_of(std::span<std::uint64_t> some, std::span<const float> p) const {
  const auto mass = [&](std::span<const std::uint64_t> places) {
    double sum = 0;
    for (const std::uint64_t place : places) sum += p[id_of(place)];
    return sum;
  };
  double before = 0;
  std::size_t first = 0, last = some.size();  // they end between these
  while (last - first > kFew) {
    const std::size_t half = (last - first) / 2;
    const std::span<std::uint64_t> rest = some.subspan(first, last - first);
    std::nth_element(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(half), rest.end());
    const double more = mass(rest.first(half));
    if (before + more >= sampling_.top_p) {
      last = first + half;
    } else {
      before += more;
      first += half;
    }
  }
  std::sort(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(last));
  double sum = 0;
  std::size_t kept = 0;
  while (kept < last && sum < sampling_.top_p) sum += p[id_of(some[kept++])];
  return {some.first(kept), sum >= sampling_.top_p};
}

int Sampler::draw(std::span<const float> logits, std::span<const std::uint64_t> places,
                  Random& random) {
  const std::span<float> p(weights_.data(), places.size());
  for (std::size_t i = 0; i < p.size(); ++i)
    p[i] = (logits[id_of(places[i])] - peaks_.top()) / sampling_.temperature;
  return static_cast<int>(id_of(places[drawn(p, random)]));
}

int Sampler::draw(std::span<const float> logits, Random& random) {
  for (std::size_t i = 0; i < logits.size(); ++i)
    weights_[i] = (logits[i] - peaks_.top()) / sampling_.temperature;
  return static_cast<int>(drawn(weights_, random));
}

// Which of the numbers `p` is drawn from their softmax: the first whose sum with all before it is
// above a random point, summed one by one.
std::size_t Sampler::drawn(std::span<float> p, Random& random) {
  ops::softmax(p);
  const double point = random.uniform();
  // Sums of blocks first. They round otherwise, by far less than this for 2^20 terms; whoever is
  // so near the point that it matters is looked for one by one.
  constexpr double kDoubt = 1e-9;
  double sum = 0;
  std::size_t at = 0;
  for (double more; p.size() - at >= Peaks::kBlock; at += Peaks::kBlock, sum += more) {
    more = sum_of_block(p.data() + at);
    if (sum + more > point - kDoubt) break;
  }
  while (at < p.size() && !(sum + p[at] > point - kDoubt)) sum += p[at++];
  if (at < p.size() && sum + p[at] > point + kDoubt) return at;
  return drawn_one_by_one(p, point);
}

}  // namespace linnet::generate
