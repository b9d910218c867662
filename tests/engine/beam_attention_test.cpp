// What a search looks at in its sources, and what it makes of it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/generate/beam.h"
#include "tests/support/beams.h"

namespace {

using namespace linnet;
using namespace support;
using generate::BeamOptions;
using generate::BeamSearch;
using generate::Hypothesis;
using generate::Lanes;

// What a decoder looks at while it is given a target, [tokens and end][source tokens].
std::vector<float> looked_at(const Model& model, const Tokens& source, const Hypothesis& h) {
  Lanes lanes = lanes_of(model, 1, 1, 40, true);
  const std::span<const int> view(source);
  lanes.encode({&view, 1});
  std::vector<float> all;
  const int lane = 0;
  for (std::size_t i = 0; i < h.log_probs.size(); ++i) {
    const int token = i == 0 ? 1 : h.tokens[i - 1];
    lanes.step({&lane, 1}, {&token, 1});
    all.insert(all.end(), lanes.alignment(0).begin(), lanes.alignment(0).end());
  }
  return all;
}

TEST_CASE("a target's attention is what the decoder looked at, in beams, groups and prefixes") {
  const Model model = open(toy(53), 9);
  const std::vector<Tokens> sources{{7, 8, 9, 4}, {5}, {3, 3, 12, 30, 31, 32, 6}};
  for (const int groups : {1, 2, 4})
    for (const Tokens& given : {Tokens{}, Tokens{11}, Tokens{11, 4, 5}}) {
      const BeamOptions options{.beams = 4, .n_best = 4, .groups = groups, .max_tokens = 13};
      const auto found = search(model, sources, options, given, {1}, true);
      const auto plain = search(model, sources, options, given);
      for (std::size_t i = 0; i < sources.size(); ++i)
        for (std::size_t k = 0; k < found[i].size(); ++k) {
          CHECK(found[i][k].tokens == plain[i].at(k).tokens);
          CHECK(found[i][k].score == plain[i][k].score);
          CHECK(plain[i][k].attention.empty());
          CHECK(found[i][k].attention == looked_at(model, sources[i], found[i][k]));
        }
    }
}

TEST_CASE("a coverage penalty is the sum of logarithms of what was looked at too little") {
  const Model model = open(toy(53), 3);
  const Tokens source{7, 8, 9, 10, 11, 12, 13, 14};
  const BeamOptions options{.beams = 4, .n_best = 4, .coverage_penalty = 0.3f, .max_tokens = 5};
  const auto found = search(model, {source, {5, 6}}, options, {}, {1}, true);
  for (const Hypothesis& h : found[0]) {
    double penalty = 0;
    for (std::size_t j = 0; j < source.size(); ++j) {
      double sum = 0;
      for (std::size_t t = 0; t < h.log_probs.size(); ++t)
        sum += double{h.attention[t * source.size() + j]};
      penalty += 0.3 * std::log(std::min(sum, 1.0));
    }
    CHECK(penalty < 0);
    const double mean = double{h.sum} / static_cast<double>(h.log_probs.size());
    CHECK(double{h.score} == doctest::Approx(mean + penalty).epsilon(1e-5));
  }
  CHECK(search(model, {source}, options, {}, {1}, true)[0][0].score == found[0][0].score);
}

TEST_CASE("samples come from their source's number and seed, whatever stands beside it") {
  const Model model = open(toy(53), 5);
  const Tokens first{7, 8, 9}, second{5, 6}, start{1};
  const auto draw = [&](std::span<const BeamSearch::Source> sources, std::uint64_t seed) {
    Lanes lanes = lanes_of(model, 2, 4);
    auto search = BeamSearch::make(
        lanes, {.beams = 4,
                .n_best = 4,
                .max_tokens = 12,
                .sampling = generate::Sampling{.temperature = 1.5f, .top_k = 0, .seed = seed}});
    REQUIRE(search);
    const auto found = search->run(sources);
    REQUIRE(found);
    return found->back();
  };
  const BeamSearch::Source a{.tokens = first, .start = start, .number = 3},
      b{.tokens = second, .start = start, .number = 4},
      c{.tokens = second, .start = start, .number = 5};
  const std::vector<BeamSearch::Source> both{a, b}, other{c};
  const auto together = draw(both, 1), alone = draw({&b, 1}, 1);
  REQUIRE(together.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(together[i].tokens == alone[i].tokens);
    CHECK(together[i].log_probs == alone[i].log_probs);
  }
  CHECK(draw({&b, 1}, 2)[0].tokens != alone[0].tokens);
  CHECK(draw(other, 1)[0].tokens != alone[0].tokens);
  CHECK(alone[0].tokens != alone[1].tokens);
}

TEST_CASE("the only beam's tokens are shown as they are chosen, with what was looked at") {
  const Model model = open(toy(53), 5);
  const Tokens source{7, 8, 9}, start{1}, given{4, 4};
  for (const int most : {3, 30}) {
    Lanes lanes = lanes_of(model, 1, 1, 40, true);
    auto search = BeamSearch::make(lanes, {.beams = 1, .max_tokens = most});
    REQUIRE(search);
    Tokens shown;
    std::vector<float> attention;
    const BeamSearch::Source from{.tokens = source, .start = start, .given = given};
    const auto found = search->run({&from, 1}, nullptr, [&](int token, auto weights) {
      shown.push_back(token);
      attention.insert(attention.end(), weights.begin(), weights.end());
    });
    REQUIRE(found);
    const Hypothesis& h = (*found)[0].at(0);
    CHECK(shown == h.tokens);
    CHECK(std::equal(attention.begin(), attention.end(), h.attention.begin()));
  }
}

TEST_CASE("sources that are aligned together have no more tokens than there are rows for") {
  const Model model = open(toy(53), 5);
  Lanes lanes = lanes_of(model, 2, 1, 40, true);
  auto search = BeamSearch::make(lanes, {.beams = 1, .max_tokens = 5});
  REQUIRE(search);
  const Tokens source(25, 7), start{1};
  const BeamSearch::Source from{.tokens = source, .start = start};
  const std::vector<BeamSearch::Source> two{from, from};
  const auto refused = search->run(two);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == core::Fault::limit);
  CHECK(search->run({&from, 1}));
}

}  // namespace
