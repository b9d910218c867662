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

struct Row {
  std::vector<float> logits;
  std::vector<int> order{};  // ids in the order of choice
};

Row sorted(std::vector<float> logits) {
  Row row{std::move(logits)};
  row.order.resize(row.logits.size());
  std::iota(row.order.begin(), row.order.end(), 0);
  std::sort(row.order.begin(), row.order.end(), [&](int a, int b) {
    const float x = row.logits[static_cast<std::size_t>(a)];
    const float y = row.logits[static_cast<std::size_t>(b)];
    return x > y || (x == y && a < b);
  });
  return row;
}

// By id: the probabilities of `ids` among themselves, 0 for others. Their sum is that of a row of
// rising ids.
std::vector<float> softmax_of(const Row& row, std::vector<int> ids, float temperature) {
  std::sort(ids.begin(), ids.end());
  const float top = row.logits[static_cast<std::size_t>(row.order[0])];
  std::vector<float> p, by_id(row.logits.size());
  for (const int id : ids)
    p.push_back((row.logits[static_cast<std::size_t>(id)] - top) / temperature);
  ops::softmax(p);
  for (std::size_t i = 0; i < ids.size(); ++i) by_id[static_cast<std::size_t>(ids[i])] = p[i];
  return by_id;
}

// Sums are of multiples of 2^-52, and thus exact.
double rounded(float p) { return std::nearbyint(double{p} * 0x1p52) * 0x1p-52; }

// What may be drawn, in the order of drawing: sampler.h's definition in the bits of floats.
std::vector<int> kept_of(const Sampling& s, const Row& row) {
  std::vector<int> ids = row.order;
  const bool best_only = s.top_k > 0 && s.top_k < static_cast<int>(ids.size());
  if (best_only) ids.resize(static_cast<std::size_t>(s.top_k));
  if (!best_only && s.top_p == 1.0f) std::sort(ids.begin(), ids.end());
  const std::vector<float> p = softmax_of(row, ids, 1.0f);
  const float most = *std::max_element(p.begin(), p.end());
  std::vector<int> kept;
  double sum = 0;
  for (const int id : ids) {
    const float each = p[static_cast<std::size_t>(id)];
    if (s.top_p < 1.0f && sum >= double{s.top_p}) break;
    if (each < s.min_p * most) continue;
    kept.push_back(id);
    sum += rounded(each);
  }
  return kept;
}

int drawn_of(const Sampling& s, const Row& row, const std::vector<int>& kept, Random& random) {
  const std::vector<float> p = softmax_of(row, kept, s.temperature);
  const double point = random.uniform();
  double sum = 0;
  int last = -1;
  for (std::size_t i = 0; i < kept.size() && sum <= point; ++i) {
    const double each = rounded(p[static_cast<std::size_t>(kept[i])]);
    if (each > 0) last = kept[i];
    sum += each;
  }
  return last;
}

void check(const Sampling& s, const Row& row, int draws, std::uint64_t seed) {
  CAPTURE(s.top_k);
  CAPTURE(s.top_p);
  CAPTURE(s.min_p);
  core::Result<Sampler> sampler = Sampler::make(s, static_cast<int>(row.logits.size()));
  REQUIRE(sampler);
  const std::vector<int> kept = kept_of(s, row);
  std::vector<float> logits = row.logits;
  Random one(seed), other(seed);
  for (int i = 0; i < draws; ++i) {
    const core::Result<int> token = sampler->pick(logits, {}, one);
    REQUIRE(token);
    CHECK(*token == drawn_of(s, row, kept, other));
  }
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
    for (int shape = 0; shape < 5; ++shape) {
      CAPTURE(vocab);
      CAPTURE(shape);
      for (const int top_k : {0, 1, 7, 40, 900}) {
        const Row row = sorted(shaped(shape, vocab, random));
        for (const float top_p : {1.0f, 0.95f, 0.4f})
          for (const float min_p : {0.0f, 0.05f, 1e-7f, 1.0f})
            check({.temperature = top_k == 7 ? 3.0f : 0.8f,
                   .top_k = top_k,
                   .top_p = top_p,
                   .min_p = min_p},
                  row, 3, random.next());
      }
    }
}

TEST_CASE("So is every choice from a large vocabulary") {
  Random random(21);
  for (int shape = 0; shape < 5; ++shape) {
    CAPTURE(shape);
    const Row row = sorted(shaped(shape, 256000, random));
    check({.temperature = 1.2f}, row, 2, random.next());
    check({.top_k = 0, .top_p = 0.95f, .min_p = 0}, row, 2, random.next());
    check({.top_k = 0, .top_p = 0.999f, .min_p = 0.01f}, row, 1, random.next());
    check({.top_k = 20000, .top_p = 1, .min_p = 0}, row, 2, random.next());
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
