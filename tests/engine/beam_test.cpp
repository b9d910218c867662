#include "engine/generate/beam.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/generate/log_softmax.h"
#include "tests/support/allocations.h"
#include "tests/support/beams.h"

namespace {

using namespace linnet;
using namespace support;
using generate::BeamOptions;
using generate::BeamSearch;
using generate::Hypothesis;
using generate::Lanes;

// The targets of the first source.
std::vector<Hypothesis> best(const std::vector<std::vector<Hypothesis>>& found) {
  return found.at(0);
}

// Log-probabilities after the start token and a target so far.
std::vector<float> after(Lanes& lanes, const Tokens& target) {
  lanes.truncate(0, 0);
  Tokens fed{1};
  fed.insert(fed.end(), target.begin(), target.end());
  lanes.feed(0, fed);
  std::vector<float> log_probs(lanes.logits(0).begin(), lanes.logits(0).end());
  std::vector<float> room(log_probs.size());
  REQUIRE(generate::log_softmax(log_probs, room));
  return log_probs;
}

// Every target of at most `most` tokens with its sum, end tokens counted.
void enumerate(Lanes& lanes, Tokens& target, double sum, int most,
               std::vector<std::pair<double, Tokens>>& all) {
  const std::vector<float> log_probs = after(lanes, target);
  for (int token = 0; token < static_cast<int>(log_probs.size()); ++token) {
    const double total = sum + double{log_probs[static_cast<std::size_t>(token)]};
    target.push_back(token);
    if (token == 2 || static_cast<int>(target.size()) == most) {
      Tokens without = target;
      if (token == 2) without.pop_back();
      all.emplace_back(total / static_cast<double>(target.size()), without);
    } else {
      enumerate(lanes, target, total, most, all);
    }
    target.pop_back();
  }
}

TEST_CASE("a beam as wide as all targets finds the ones that trying all of them finds") {
  const Model model = open(toy(5));
  const Tokens source{3, 1, 4};
  Lanes lanes = lanes_of(model, 1, 1);
  const std::span<const int> view(source);
  lanes.encode({&view, 1});
  std::vector<std::pair<double, Tokens>> all;
  Tokens target;
  enumerate(lanes, target, 0, 4, all);
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first > b.first; });

  const auto found = search(
      model, {source},
      {.beams = 256, .n_best = 20, .early = generate::EarlyStopping::never, .max_tokens = 4});
  REQUIRE(found[0].size() == 20);
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(found[0][i].tokens == all[i].second);
    CHECK(double{found[0][i].score} == doctest::Approx(all[i].first).epsilon(1e-5));
  }
}

TEST_CASE("a beam of one is greedy search") {
  for (const auto early : {generate::EarlyStopping::heuristic, generate::EarlyStopping::first,
                           generate::EarlyStopping::never}) {
    const Model model = open(toy(53));
    const Tokens source{3, 14, 15, 9, 26};
    Lanes lanes = lanes_of(model, 1, 1);
    const std::span<const int> view(source);
    lanes.encode({&view, 1});
    Tokens greedy;
    for (int next = 0; greedy.size() < 30; greedy.push_back(next)) {
      const std::vector<float> log_probs = after(lanes, greedy);
      next = static_cast<int>(std::max_element(log_probs.begin(), log_probs.end()) -
                              log_probs.begin());
      if (next == 2) break;
    }
    const auto found = search(model, {source}, {.beams = 1, .early = early, .max_tokens = 30});
    CHECK(found[0].at(0).tokens == greedy);
  }
}

TEST_CASE("sources searched together give what each gives alone") {
  const Model model = open(toy(53), 7);
  const std::vector<Tokens> sources{{3, 14, 15}, {9}, {26, 5, 35, 8, 9, 7}, {14, 3, 15}};
  for (const int beams : {1, 3, 8}) {
    const BeamOptions options{.beams = beams, .n_best = beams, .max_tokens = 17};
    const auto together = search(model, sources, options);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const auto alone = search(model, {sources[i]}, options);
      REQUIRE(together[i].size() == alone[0].size());
      for (std::size_t k = 0; k < alone[0].size(); ++k) {
        CHECK(together[i][k].tokens == alone[0][k].tokens);
        CHECK(together[i][k].score == alone[0][k].score);
        CHECK(together[i][k].log_probs == alone[0][k].log_probs);
      }
    }
  }
}

TEST_CASE("scores are the sums of log-probabilities by the formula that was asked for") {
  const Model model = open(toy(53), 3);
  for (const auto norm : {generate::LengthNorm::mean, generate::LengthNorm::gnmt})
    for (const float alpha : {0.0f, 0.6f, 1.0f}) {
      const auto found = search(model, {{7, 8, 9}},
                                {.beams = 4,
                                 .n_best = 4,
                                 .norm = norm,
                                 .length_penalty = alpha,
                                 .word_penalty = 0.25f,
                                 .max_tokens = 9});
      float before = INFINITY;
      for (const Hypothesis& h : found[0]) {
        double sum = 0;
        for (const float p : h.log_probs) sum += double{p};
        const double n = static_cast<double>(h.log_probs.size());
        CHECK(h.log_probs.size() == h.tokens.size() + (h.ended ? 1 : 0));
        CHECK(double{h.sum} == doctest::Approx(sum).epsilon(1e-5));
        const double base = norm == generate::LengthNorm::mean ? n : (5 + n) / 6;
        CHECK(double{h.score} ==
              doctest::Approx((sum - 0.25 * n) / std::pow(base, double{alpha})).epsilon(1e-5));
        CHECK(h.score <= before);
        before = h.score;
      }
    }
}

TEST_CASE("what was given begins every target, and what was forbidden is in none") {
  const Model model = open(toy(20), 5);
  const Tokens source{7, 8, 9};
  const BeamOptions plain{.beams = 4, .n_best = 4, .max_tokens = 12};
  for (const Hypothesis& h : best(search(model, {source}, plain, {11, 4}))) {
    REQUIRE(h.tokens.size() >= 2);
    CHECK(h.tokens[0] == 11);
    CHECK(h.tokens[1] == 4);
    CHECK(h.log_probs[0] == 0.0f);
  }
  BeamOptions options = plain;
  const int often = search(model, {source}, plain)[0][0].tokens.at(0);
  options.constraints = {.suppressed = {often}, .suppressed_runs = {{5, 6}, {7}}, .min_tokens = 5};
  for (const Hypothesis& h : best(search(model, {source}, options))) {
    CHECK(std::count(h.tokens.begin(), h.tokens.end(), often) == 0);
    CHECK(std::count(h.tokens.begin(), h.tokens.end(), 7) == 0);
    CHECK(h.tokens.size() >= 5);
    for (std::size_t i = 1; i < h.tokens.size(); ++i)
      CHECK_FALSE((h.tokens[i - 1] == 5 && h.tokens[i] == 6));
  }
  options = plain;
  options.constraints.no_repeat_ngram = 2;
  for (const Hypothesis& h : best(search(model, {source}, options)))
    for (std::size_t i = 1; i < h.tokens.size(); ++i)
      for (std::size_t k = 1; k < i; ++k)
        CHECK_FALSE((h.tokens[i - 1] == h.tokens[k - 1] && h.tokens[i] == h.tokens[k]));
}

TEST_CASE("groups that pay for agreement differ more than one beam's targets") {
  const Model model = open(toy(53), 9);
  const auto firsts = [&](int groups) {
    const auto found =
        search(model, {{7, 8, 9}},
               {.beams = 4, .n_best = 4, .groups = groups, .diversity = 50.0f, .max_tokens = 8});
    std::vector<int> tokens;
    for (const Hypothesis& h : found[0]) tokens.push_back(h.tokens.at(0));
    std::sort(tokens.begin(), tokens.end());
    return std::unique(tokens.begin(), tokens.end()) - tokens.begin();
  };
  CHECK(firsts(4) == 4);
  CHECK(firsts(1) < 4);
}

TEST_CASE("a decoder alone searches too: the prompt is its start") {
  model::Spec spec = support::tiny_llama();
  spec.sequences.ends = {2};
  const Model model = open(spec);
  Lanes lanes = lanes_of(model, 1, 4, 60);
  auto beam = BeamSearch::make(lanes, {.beams = 4, .n_best = 2, .max_tokens = 15});
  REQUIRE(beam);
  const Tokens prompt{5, 6, 7, 8};
  const BeamSearch::Source from{.start = prompt};
  const auto found = beam->run({&from, 1});
  REQUIRE(found);
  CHECK((*found)[0].size() == 2);
  CHECK((*found)[0][0].score >= (*found)[0][1].score);
}

TEST_CASE("a search allocates for its results only, however many steps it takes") {
  const Model model = open(toy(53), 4);
  const Tokens source{7, 8, 9, 10}, start{1};
  const auto count = [&](int tokens, float coverage) {
    Lanes lanes = lanes_of(model, 1, 4, 40, coverage > 0);
    auto beam = BeamSearch::make(lanes, {.beams = 4,
                                         .coverage_penalty = coverage,
                                         .max_tokens = 39,
                                         .constraints = {.min_tokens = 38}});
    REQUIRE(beam);
    const BeamSearch::Source from{.tokens = source, .start = start, .max_tokens = tokens};
    REQUIRE(beam->run({&from, 1}));
    const long before = support::allocations;
    REQUIRE(beam->run({&from, 1}));
    return support::allocations - before;
  };
  CHECK(count(5, 0) == count(35, 0));
  CHECK(count(5, 0.5f) == count(35, 0.5f));
}

TEST_CASE("A search tells once when its start has been read, before its first step") {
  const Model model = open(toy(53), 4);
  Lanes lanes = lanes_of(model, 1, 2);
  auto beam = BeamSearch::make(lanes, {.beams = 2, .max_tokens = 5});
  REQUIRE(beam);
  const Tokens source{7, 8, 9}, start{1, 5, 6};
  const BeamSearch::Source from{.tokens = source, .start = start};
  std::vector<int> lengths;
  REQUIRE(beam->run({&from, 1}, nullptr, nullptr, [&] { lengths.push_back(lanes.length(0)); }));
  CHECK(lengths == std::vector<int>{2});
}

TEST_CASE("options out of range are refused by name") {
  const Model model = open(toy(20));
  Lanes lanes = lanes_of(model, 1, 4);
  const auto sentence = [&](const BeamOptions& options) {
    auto beam = BeamSearch::make(lanes, options);
    REQUIRE_FALSE(beam);
    return beam.error().sentence;
  };
  CHECK(sentence({.beams = 0}) == "a beam of 0 must lie between 1 and 4");
  CHECK(sentence({.beams = 5}) == "a beam of 5 must lie between 1 and 4");
  CHECK(sentence({.beams = 2, .n_best = 3}).find("3 best") == 0);
  CHECK(sentence({.beams = 4, .groups = 3}).find("3 groups") == 0);
  CHECK(sentence({.beams = 4, .coverage_penalty = -0.5f}).find("must not be negative") !=
        std::string::npos);
  CHECK(sentence({.beams = 4, .coverage_penalty = 0.5f}).find("needs lanes") != std::string::npos);
  CHECK(sentence({.beams = 4, .patience = 0.0f}).find("patience") != std::string::npos);
  CHECK(sentence({.beams = 4, .constraints = {.suppressed = {20}}}).find("token 20") !=
        std::string::npos);
}

}  // namespace
