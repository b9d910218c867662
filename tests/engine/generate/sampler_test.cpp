#include "engine/generate/sampler.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace linnet::generate {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Sampler sampler_of(const Sampling& sampling, int vocab) {
  core::Result<Sampler> sampler = Sampler::make(sampling, vocab);
  REQUIRE(sampler);
  return std::move(*sampler);
}

int pick(Sampler& sampler, std::vector<float> logits, const std::vector<int>& history = {}) {
  const core::Result<int> token = sampler.pick(logits, history);
  REQUIRE(token);
  return *token;
}

// Logits whose softmax is `p`.
std::vector<float> logits_of(const std::vector<double>& p) {
  std::vector<float> logits;
  for (const double each : p) logits.push_back(static_cast<float>(std::log(each)));
  return logits;
}

// Numbers without order, some of them equal: exact on every machine.
std::vector<float> jumbled(int count) {
  std::vector<float> logits;
  for (int i = 0; i < count; ++i)
    logits.push_back(static_cast<float>(std::int64_t{i} * 7919 % 97 - 48) / 16.0f);
  return logits;
}

// The definition in sampler.h, in double precision and with a full sort: the probability of each
// token.
std::vector<double> distribution(const Sampling& s, const std::vector<float>& logits) {
  std::vector<int> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const auto logit = [&](int id) {
    return static_cast<double>(logits[static_cast<std::size_t>(id)]);
  };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return logit(a) > logit(b); });
  if (s.top_k > 0) order.resize(std::min(order.size(), static_cast<std::size_t>(s.top_k)));
  const double top = logit(order[0]);
  double total = 0, sum = 0;
  for (const int id : order) total += std::exp(logit(id) - top);
  std::vector<int> kept;
  for (const int id : order) {
    const double p = std::exp(logit(id) - top) / total;
    if (sum >= static_cast<double>(s.top_p) || p * total < static_cast<double>(s.min_p)) break;
    sum += p;
    kept.push_back(id);
  }
  std::vector<double> result(logits.size());
  const auto weight = [&](int id) {
    return std::exp((logit(id) - top) / static_cast<double>(s.temperature));
  };
  double weights = 0;
  for (const int id : kept) weights += weight(id);
  for (const int id : kept) result[static_cast<std::size_t>(id)] = weight(id) / weights;
  return result;
}

std::set<int> seen(const Sampling& sampling, const std::vector<float>& logits, int draws = 3000) {
  Sampler sampler = sampler_of(sampling, static_cast<int>(logits.size()));
  std::set<int> ids;
  for (int i = 0; i < draws; ++i) ids.insert(pick(sampler, logits));
  return ids;
}

TEST_CASE("Temperature 0 takes the largest logit, and of equal ones the lowest id") {
  Sampler sampler = sampler_of({.temperature = 0}, 5);
  CHECK(pick(sampler, {1, 3, 2, 3, -1}) == 1);
  CHECK(pick(sampler, {-5, -5, -5, -5, -5}) == 0);
  CHECK(pick(sampler, {-kInfinity, -kInfinity, -7, -kInfinity, -8}) == 2);
}

TEST_CASE("Top-k of 1 is greedy at any temperature") {
  Sampler sampler = sampler_of({.temperature = 50, .top_k = 1, .seed = 3}, 97);
  for (int i = 0; i < 50; ++i) CHECK(pick(sampler, jumbled(97)) == 61);
}

TEST_CASE("Equal logits enter top-k in the order of their ids") {
  const std::vector<float> logits = {1, 2, 2, 2, 2, 1};
  CHECK(seen({.temperature = 1, .top_k = 2, .top_p = 1, .min_p = 0}, logits) == std::set{1, 2});
}

TEST_CASE("Top-p keeps the fewest tokens that reach it, and at least one") {
  const std::vector<float> logits = logits_of({0.05, 0.5, 0.15, 0.3});
  const auto kept = [&](float top_p, int top_k) {
    return seen({.temperature = 1, .top_k = top_k, .top_p = top_p, .min_p = 0}, logits);
  };
  for (const int top_k : {0, 3}) {
    CHECK(kept(0.01f, top_k) == std::set{1});
    CHECK(kept(0.45f, top_k) == std::set{1});
    CHECK(kept(0.6f, top_k) == std::set{1, 3});
    CHECK(kept(0.85f, top_k) == std::set{1, 2, 3});
  }
  CHECK(kept(0.99f, 0) == std::set{0, 1, 2, 3});
}

TEST_CASE("Top-p counts what top-k left as the whole") {
  const std::vector<float> logits = logits_of({0.4, 0.3, 0.2, 0.1});
  CHECK(seen({.temperature = 1, .top_k = 2, .top_p = 0.55f, .min_p = 0}, logits) == std::set{0});
  CHECK(seen({.temperature = 1, .top_k = 0, .top_p = 0.55f, .min_p = 0}, logits) == std::set{0, 1});
}

TEST_CASE("Min-p keeps what is likely enough beside the most likely") {
  const std::vector<float> logits = logits_of({0.05, 0.5, 0.15, 0.3});
  for (const int top_k : {0, 3}) {
    const Sampling sampling{.temperature = 1, .top_k = top_k, .top_p = 1, .min_p = 0.4f};
    CHECK(seen(sampling, logits) == std::set{1, 3});
  }
}

TEST_CASE("Every combination of options draws from the distribution that it defines") {
  const std::vector<float> logits = jumbled(97);
  constexpr int kDraws = 20000;
  for (const Sampling& sampling :
       {Sampling{.temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0, .seed = 1},
        Sampling{.temperature = 0.5f, .top_k = 0, .top_p = 1, .min_p = 0, .seed = 2},
        Sampling{.temperature = 2, .top_k = 20, .top_p = 1, .min_p = 0, .seed = 3},
        Sampling{.temperature = 0.8f, .top_k = 40, .top_p = 0.95f, .min_p = 0.05f, .seed = 4},
        Sampling{.temperature = 1, .top_k = 0, .top_p = 0.9f, .min_p = 0, .seed = 5},
        Sampling{.temperature = 1, .top_k = 0, .top_p = 0.9f, .min_p = 0.3f, .seed = 6},
        Sampling{.temperature = 3, .top_k = 0, .top_p = 1, .min_p = 0.2f, .seed = 7}}) {
    CAPTURE(sampling.seed);
    const std::vector<double> expected = distribution(sampling, logits);
    Sampler sampler = sampler_of(sampling, 97);
    std::vector<int> counts(97);
    for (int i = 0; i < kDraws; ++i) ++counts[static_cast<std::size_t>(pick(sampler, logits))];
    // Pearson's statistic has as many degrees of freedom as there are tokens, at most 97; it lies
    // above 170 in fewer than 1 of 10000 such draws.
    double statistic = 0;
    for (std::size_t id = 0; id < 97; ++id) {
      if (expected[id] == 0) CHECK(counts[id] == 0);
      const double mean = expected[id] * kDraws;
      if (mean > 0) statistic += (counts[id] - mean) * (counts[id] - mean) / mean;
    }
    CHECK(statistic < 170);
  }
}

TEST_CASE("A seed draws the same tokens on every machine and with every kernel table") {
  const auto drawn = [](const Sampling& sampling, const std::vector<float>& logits, int draws) {
    Sampler sampler = sampler_of(sampling, static_cast<int>(logits.size()));
    std::string ids;
    for (int i = 0; i < draws; ++i) ids += std::to_string(pick(sampler, logits)) + " ";
    return ids;
  };
  const std::vector<float> few = jumbled(97);
  CHECK(drawn({.seed = 42}, few, 12) == "42 86 50 14 61 20 86 31 14 89 86 3 ");
  CHECK(drawn({.temperature = 1.5f, .top_k = 0, .top_p = 0.9f, .min_p = 0, .seed = 7}, few, 12) ==
        "64 61 84 42 89 75 53 3 86 28 86 37 ");
  CHECK(drawn({.temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0, .seed = 0}, few, 12) ==
        "86 42 3 92 14 31 17 75 25 89 39 75 ");
  std::vector<float> many;
  for (int i = 0; i < 65536; ++i) many.push_back(static_cast<float>(i * 4051 % 65536) / 8192.0f);
  const Sampling top_p{.temperature = 1.5f, .top_k = 0, .top_p = 0.9f, .min_p = 0, .seed = 7};
  CHECK(drawn(top_p, many, 6) == "26223 26127 63413 21466 26061 59679 ");
  CHECK(drawn(top_p, jumbled(65536), 6) == "47594 21110 14731 39327 31420 13655 ");
  CHECK(drawn({.top_k = 20000, .top_p = 1, .min_p = 0, .seed = 7}, many, 6) ==
        "26191 39506 6565 40896 48597 10143 ");
}

TEST_CASE("The random numbers are those of SplitMix64") {
  Random random(1234567);
  CHECK(random.next() == 6457827717110365317u);
  CHECK(random.next() == 3203168211198807973u);
  CHECK(random.next() == 9817491932198370423u);
}

TEST_CASE("The penalty divides positive logits and multiplies negative ones, once each") {
  Sampler sampler = sampler_of({.temperature = 0, .repeat_penalty = 2}, 4);
  std::vector<float> logits = {8, 5, -1, 3};
  CHECK(*sampler.pick(logits, std::vector<int>{0, 0, 2, 0}) == 1);
  CHECK(logits == std::vector<float>{4, 5, -2, 3});
  logits = {8, 5, -1, 3};
  CHECK(*sampler.pick(logits, std::vector<int>{1}) == 0);  // nothing is left of the last time
  CHECK(logits == std::vector<float>{8, 2.5f, -1, 3});
}

TEST_CASE("The penalty looks back as far as it is told") {
  const std::vector<int> history = {0, 1, 2};
  const auto penalized = [&](int last_n) {
    Sampler sampler =
        sampler_of({.temperature = 0, .repeat_penalty = 2, .repeat_last_n = last_n}, 4);
    std::vector<float> logits = {8, 8, 8, 8};
    CHECK(sampler.pick(logits, history));
    return logits;
  };
  CHECK(penalized(0) == std::vector<float>{8, 8, 8, 8});
  CHECK(penalized(1) == std::vector<float>{8, 8, 4, 8});
  CHECK(penalized(2) == std::vector<float>{8, 4, 4, 8});
  CHECK(penalized(100) == std::vector<float>{4, 4, 4, 8});
  CHECK(penalized(-1) == std::vector<float>{4, 4, 4, 8});
}

TEST_CASE("Nothing is drawn from logits that cannot be ranked") {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const float temperature : {0.0f, 1.0f}) {
    Sampler sampler = sampler_of({.temperature = temperature}, 3);
    for (const std::vector<float>& bad :
         {std::vector<float>{1, kNan, 2}, std::vector<float>{kNan, 1, 2},
          std::vector<float>{1, 2, kInfinity},
          std::vector<float>{-kInfinity, -kInfinity, -kInfinity}}) {
      std::vector<float> logits = bad;
      const core::Result<int> token = sampler.pick(logits, {});
      REQUIRE_FALSE(token);
      CHECK(token.error().fault == core::Fault::corrupt);
      CHECK_FALSE(token.error().sentence.empty());
    }
  }
}

TEST_CASE("A suppressed token is never drawn") {
  for (const int top_k : {0, 3})
    CHECK(seen({.temperature = 100, .top_k = top_k, .top_p = 1, .min_p = 0},
               {-kInfinity, 0, -kInfinity, 1}) == std::set{1, 3});
}

TEST_CASE("The ends of the random numbers draw the ends of what can be drawn") {
  constexpr std::uint64_t kZeros = 0x61C8864680B583EBu, kOnes = 0x31628AF67B2131ABu;
  REQUIRE(Random(kZeros).uniform() == 0);
  REQUIRE(Random(kOnes).uniform() == 1 - 0x1p-53);
  // Their rounded probabilities are together less than that.
  std::vector<float> logits(27, 0.0f);
  logits.front() = logits.back() = -kInfinity;
  for (const int top_k : {0, 26})
    for (const auto& [seed, id] : {std::pair{kZeros, 1}, std::pair{kOnes, 25}}) {
      const Sampling all{.temperature = 1, .top_k = top_k, .top_p = 1, .min_p = 0, .seed = seed};
      Sampler sampler = sampler_of(all, 27);
      CHECK(pick(sampler, logits) == id);
    }
}

TEST_CASE("Options out of range are refused by name") {
  const auto refused = [](const Sampling& sampling, const char* name) {
    const core::Result<Sampler> sampler = Sampler::make(sampling, 10);
    REQUIRE_FALSE(sampler);
    CHECK(sampler.error().fault == core::Fault::bad_argument);
    CHECK(sampler.error().sentence.find(name) != std::string::npos);
  };
  refused({.temperature = -0.1f}, "temperature");
  refused({.temperature = kInfinity}, "temperature");
  refused({.top_k = -1}, "top-k");
  refused({.top_p = 0}, "top-p");
  refused({.top_p = 1.5f}, "top-p");
  refused({.min_p = -0.5f}, "min-p");
  refused({.min_p = std::numeric_limits<float>::quiet_NaN()}, "min-p");
  refused({.repeat_penalty = 0}, "penalty");
  refused({.repeat_last_n = -2}, "looks back");
}

}  // namespace
}  // namespace linnet::generate
