#include "engine/generate/generate.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>

#include "engine/engine.h"
#include "tests/support/tiny_model.h"

namespace linnet::generate {
namespace {

struct Bench {
  Model model;
  Session session;
  Sampler sampler;

  explicit Bench(int context, const Sampling& sampling = {.temperature = 0})
      : model(*Model::from(support::tiny_model(support::tiny_llama(), core::Dtype::i8), "tiny")),
        session(std::move(*Session::open(model.transformer(), {.context = context}))),
        sampler(std::move(*Sampler::make(sampling, model.spec().vocab))) {}

  // What is generated, and how it ended.
  Outcome run(const Request& request, std::vector<int>& tokens, int stop_after = -1) {
    const core::Result<Outcome> outcome = generate(session, sampler, request, [&](int token) {
      tokens.push_back(token);
      return static_cast<int>(tokens.size()) == stop_after ? Go::stop : Go::on;
    });
    REQUIRE(outcome);
    return *outcome;
  }
};

std::vector<int> prompt_of(int length) {
  std::vector<int> prompt;
  for (int i = 0; i < length; ++i) prompt.push_back((i * 31 + 5) % 97);
  return prompt;
}

// The same by hand: the whole prompt at once, then the largest logit again and again.
std::vector<int> greedy(int prompt_length, int count) {
  Bench bench(200);
  REQUIRE(bench.session.feed(prompt_of(prompt_length)));
  std::vector<int> tokens;
  for (int i = 0; i < count; ++i) {
    const std::span<float> logits = bench.session.logits();
    tokens.push_back(
        static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
    REQUIRE(bench.session.feed(std::span(&tokens.back(), 1)));
  }
  return tokens;
}

TEST_CASE("Greedy generation takes the largest logit at each step, after a prompt of any length") {
  for (const int length : {1, kSlice - 1, kSlice, kSlice + 1, 150}) {
    Bench bench(200);
    const std::vector<int> prompt = prompt_of(length);
    std::vector<int> tokens;
    const Outcome outcome = bench.run({.prompt = prompt, .max_tokens = 20}, tokens);
    CHECK(tokens == greedy(length, 20));
    CHECK(outcome.finish == Finish::length);
    CHECK(outcome.prompt_tokens == length);
    CHECK(outcome.tokens == 20);
    CHECK(outcome.steps == 19);
    CHECK(bench.session.tokens().size() == static_cast<std::size_t>(length) + 19);
  }
}

TEST_CASE("Of a long prompt, only the last token gets logits") {
  Bench bench(300);
  int heads = 0;
  bench.session.watch([&](const char* name, int, core::Mat x) {
    if (std::string_view(name) == "final_norm") heads += x.rows;
  });
  const std::vector<int> prompt = prompt_of(2 * kSlice + 3);
  std::vector<int> tokens;
  bench.run({.prompt = prompt, .max_tokens = 1}, tokens);
  CHECK(heads == 1);
}

TEST_CASE("A maximum of 0 tokens reads the prompt and chooses nothing") {
  Bench bench(50);
  const std::vector<int> prompt = prompt_of(3);
  std::vector<int> tokens;
  const Outcome outcome = bench.run({.prompt = prompt, .max_tokens = 0}, tokens);
  CHECK(outcome.finish == Finish::length);
  CHECK(tokens.empty());
  CHECK(bench.session.tokens().size() == 3);
}

TEST_CASE("An end token ends the text and is not part of it") {
  const std::vector<int> expected = greedy(4, 10);
  const auto first = std::find(expected.begin(), expected.end(), expected[6]);
  const std::vector<int> prompt = prompt_of(4), ends = {expected[6], 96};
  Bench bench(200);
  std::vector<int> tokens;
  const Outcome outcome = bench.run({.prompt = prompt, .end_tokens = ends}, tokens);
  CHECK(outcome.finish == Finish::end_token);
  CHECK(tokens == std::vector<int>(expected.begin(), first));
}

TEST_CASE("The callback ends the text with the token that it has seen") {
  Bench bench(200);
  const std::vector<int> prompt = prompt_of(4);
  std::vector<int> tokens;
  const Outcome outcome = bench.run({.prompt = prompt}, tokens, 5);
  CHECK(outcome.finish == Finish::stopped);
  CHECK(outcome.tokens == 5);
  CHECK(tokens.size() == 5);
}

TEST_CASE("A full context gives one more token than it holds and then ends") {
  Bench bench(30);
  const std::vector<int> prompt = prompt_of(20);
  std::vector<int> tokens;
  const Outcome outcome = bench.run({.prompt = prompt}, tokens);
  CHECK(outcome.finish == Finish::context_full);
  CHECK(tokens.size() == 11);
  CHECK(bench.session.tokens().size() == 30);
  tokens.clear();
  bench.session.truncate(0);
  const std::vector<int> full = prompt_of(30);
  CHECK(bench.run({.prompt = full}, tokens).finish == Finish::context_full);
  CHECK(tokens.size() == 1);
}

TEST_CASE("A prompt longer than the context is refused with both numbers, and nothing is fed") {
  Bench bench(30);
  const std::vector<int> prompt = prompt_of(31);
  const auto outcome =
      generate(bench.session, bench.sampler, {.prompt = prompt}, [](int) { return Go::on; });
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().fault == core::Fault::limit);
  CHECK(outcome.error().sentence.find("31") != std::string::npos);
  CHECK(outcome.error().sentence.find("30") != std::string::npos);
  CHECK(bench.session.tokens().empty());
}

TEST_CASE("Cancelling stops before the next token, and before the prompt if it comes first") {
  std::atomic<bool> cancel{true};
  Bench bench(200);
  const std::vector<int> prompt = prompt_of(100);
  std::vector<int> tokens;
  CHECK(bench.run({.prompt = prompt, .cancel = &cancel}, tokens).finish == Finish::cancelled);
  CHECK(bench.session.tokens().empty());
  cancel = false;
  const auto outcome =
      generate(bench.session, bench.sampler, {.prompt = prompt, .cancel = &cancel}, [&](int token) {
        tokens.push_back(token);
        cancel = tokens.size() == 3;
        return Go::on;
      });
  REQUIRE(outcome);
  CHECK(outcome->finish == Finish::cancelled);
  CHECK(tokens.size() == 3);
}

TEST_CASE("A prompt is cancelled between its slices and reports each of them") {
  std::atomic<bool> cancel{false};
  Bench bench(300);
  const std::vector<int> prompt = prompt_of(2 * kSlice + 20);
  std::vector<int> tokens, reports;
  const auto on_prompt = [&](int done) {
    reports.push_back(done);
    cancel = done == 2 * kSlice;
  };
  const Outcome outcome =
      bench.run({.prompt = prompt, .cancel = &cancel, .on_prompt = on_prompt}, tokens);
  CHECK(outcome.finish == Finish::cancelled);
  CHECK(outcome.prompt_tokens == 2 * kSlice);
  CHECK(reports == std::vector<int>{kSlice, 2 * kSlice});
  CHECK(tokens.empty());
}

TEST_CASE("The same seed writes the same tokens, and another one others") {
  const auto written = [](std::uint64_t seed) {
    Bench bench(200, {.temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0, .seed = seed});
    const std::vector<int> prompt = prompt_of(4);
    std::vector<int> tokens;
    bench.run({.prompt = prompt, .max_tokens = 30}, tokens);
    return tokens;
  };
  CHECK(written(1) == written(1));
  CHECK(written(1) != written(2));
}

}  // namespace
}  // namespace linnet::generate
