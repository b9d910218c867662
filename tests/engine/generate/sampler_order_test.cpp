// The sampler looks at as little of the vocabulary as it can; here is what it must find, with a
// sort of everything.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/generate/sampler.h"
#include "engine/ops/softmax.h"

namespace linnet::generate {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> softmax_of(const std::vector<float>& logits, const std::vector<int>& ids) {
  std::vector<float> p;
  for (const int id : ids) p.push_back(logits[static_cast<std::size_t>(id)]);
  ops::softmax(p);
  return p;
}

// What may be drawn, in the order of drawing: sampler.h's definition in the bits of floats.
std::vector<int> kept_of(const Sampling& s, const std::vector<float>& logits) {
  const auto before = [&](int a, int b) {
    const float x = logits[static_cast<std::size_t>(a)], y = logits[static_cast<std::size_t>(b)];
    return x > y || (x == y && a < b);
  };
  std::vector<int> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  std::vector<float> p = softmax_of(logits, ids);  // by id
  const bool best_only = s.top_k > 0 && s.top_k < static_cast<int>(ids.size());
  if (best_only || s.top_p < 1.0f) std::sort(ids.begin(), ids.end(), before);
  if (best_only) {
    ids.resize(static_cast<std::size_t>(s.top_k));
    const std::vector<float> of_best = softmax_of(logits, ids);
    for (std::size_t i = 0; i < ids.size(); ++i) p[static_cast<std::size_t>(ids[i])] = of_best[i];
  }
  float most = 0;
  for (const int id : ids) most = std::max(most, p[static_cast<std::size_t>(id)]);
  std::vector<int> kept;
  double sum = 0;
  for (const int id : ids) {
    const float each = p[static_cast<std::size_t>(id)];
    if (s.top_p < 1.0f && sum >= double{s.top_p}) break;
    if (each < s.min_p * most) continue;
    kept.push_back(id);
    sum += double{each};
  }
  return kept;
}

int drawn_of(const Sampling& s, const std::vector<float>& logits, Random& random) {
  const std::vector<int> kept = kept_of(s, logits);
  const float top = *std::max_element(logits.begin(), logits.end());
  std::vector<float> p;
  for (const int id : kept)
    p.push_back((logits[static_cast<std::size_t>(id)] - top) / s.temperature);
  ops::softmax(p);
  const double point = random.uniform();
  double sum = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < p.size() && sum <= point; ++i) {
    if (p[i] > 0.0f) last = i;
    sum += double{p[i]};
  }
  return kept[last];
}

// Logits of several shapes: alike, in steps (so that many are equal), with a few far above, with
// some suppressed, all the same.
std::vector<float> shaped(int shape, int vocab, Random& random) {
  std::vector<float> logits(static_cast<std::size_t>(vocab));
  for (float& logit : logits) {
    double sum = 0;
    for (int i = 0; i < 6; ++i) sum += random.uniform() - 0.5;
    logit = static_cast<float>(3 * sum);
    if (shape == 1) logit = std::round(logit * 2) / 2;
    if (shape == 2 && random.uniform() < 0.02) logit += static_cast<float>(15 * random.uniform());
    if (shape == 3 && random.uniform() < 0.5) logit = -kInfinity;
    if (shape == 4) logit = -0.0f;
  }
  logits[logits.size() / 2] = shape == 4 ? 0.0f : 1.0f;
  return logits;
}

TEST_CASE("Every choice is the one that sorting the whole vocabulary makes, to the bit") {
  Random random(20);
  for (const int vocab : {1, 2, 63, 64, 65, 700, 3000})
    for (int shape = 0; shape < 5; ++shape)
      for (const int top_k : {0, 1, 7, 40, 900})
        for (const float top_p : {1.0f, 0.95f, 0.4f})
          for (const float min_p : {0.0f, 0.05f, 1e-7f, 1.0f}) {
            const Sampling s{.temperature = top_k == 7 ? 3.0f : 0.8f,
                             .top_k = top_k,
                             .top_p = top_p,
                             .min_p = min_p};
            std::vector<float> logits = shaped(shape, vocab, random);
            core::Result<Sampler> sampler = Sampler::make(s, vocab);
            REQUIRE(sampler);
            CAPTURE(vocab);
            CAPTURE(shape);
            CAPTURE(top_k);
            CAPTURE(top_p);
            CAPTURE(min_p);
            const std::uint64_t seed = random.next();
            Random one(seed), other(seed);
            for (int i = 0; i < 3; ++i) {
              const core::Result<int> token = sampler->pick(logits, {}, one);
              REQUIRE(token);
              CHECK(*token == drawn_of(s, logits, other));
            }
          }
}

TEST_CASE("A logit that cannot be ranked is found wherever it stands, and the first is named") {
  for (const int vocab : {1, 64, 65, 200})
    for (int at = 0; at < vocab; ++at)
      for (const float bad : {kInfinity, std::numeric_limits<float>::quiet_NaN()}) {
        std::vector<float> logits(static_cast<std::size_t>(vocab), 1.0f);
        logits[static_cast<std::size_t>(at)] = bad;
        logits.back() = bad;
        core::Result<Sampler> sampler = Sampler::make({.temperature = 0}, vocab);
        REQUIRE(sampler);
        const core::Result<int> token = sampler->pick(logits, {});
        REQUIRE_FALSE(token);
        CHECK(token.error().sentence.find(core::say("token ", at, " ")) != std::string::npos);
      }
}

}  // namespace
}  // namespace linnet::generate
