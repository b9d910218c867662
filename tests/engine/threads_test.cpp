// Several threads of the program that uses the engine; also for the thread sanitizer.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "engine/generate/generate.h"
#include "tests/support/tiny_writer.h"

namespace {

using namespace linnet;

Model tiny() {
  auto model = Model::from(support::tiny_writer(), "tiny");
  REQUIRE(model);
  return *model;
}

// The logits after a prompt and after each of 30 greedy steps, end to end; empty if one failed. No
// checks in here: it runs beside others.
std::vector<float> logits_of(const Model& model, std::string_view text, int threads) {
  std::vector<float> all;
  auto session = generate::Session::open(model.transformer(), {.context = 80, .threads = threads});
  if (!session || !session->feed(model.tokenizer()->encode(text))) return {};
  for (int i = 0; i < 30; ++i) {
    const std::span<const float> logits = session->logits();
    all.insert(all.end(), logits.begin(), logits.end());
    const int best =
        static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    if (!session->feed({&best, 1})) return {};
  }
  return all;
}

TEST_CASE("two sessions in two threads give the bits that each gives alone") {
  const Model model = tiny();
  const std::string_view texts[] = {"once upon a time", "there was a king. he had nothing"};
  for (const int threads : {1, 2}) {
    const std::vector<float> alone[] = {logits_of(model, texts[0], 1),
                                        logits_of(model, texts[1], 1)};
    CHECK(alone[0].size() == 30 * 288);
    CHECK(alone[0] != alone[1]);
    std::vector<float> beside[2];
    std::thread first([&, own = model] { beside[0] = logits_of(own, texts[0], threads); });
    std::thread second([&, own = model] { beside[1] = logits_of(own, texts[1], threads); });
    first.join();
    second.join();
    CHECK(beside[0] == alone[0]);
    CHECK(beside[1] == alone[1]);
  }
}

TEST_CASE("models opened and closed beside each other do not meet") {
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 5; ++k) {
        const auto model = Model::from(support::tiny_writer(), "tiny");
        if (model && model->tokenizer()->encode("abc").size() == 4) ++right;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 20);
}

// Generates, while another thread cancels as soon as `reached` says so; generating then waits until
// it has, so that what comes after is to blame on generate() alone.
struct Cancelled {
  const Model model = tiny();
  std::atomic<bool> cancel{false}, reached{false};

  void wait() {
    reached = true;
    while (!cancel) std::this_thread::yield();
  }
  generate::Outcome run(generate::Request request, int wait_at_token) {
    auto session = generate::Session::open(model.transformer(), {.context = 200});
    auto sampler = generate::Sampler::make({}, model.spec().vocab);
    REQUIRE(session);
    REQUIRE(sampler);
    request.cancel = &cancel;
    std::thread other([&] {
      while (!reached) std::this_thread::yield();
      cancel = true;
    });
    int seen = 0;
    const auto outcome = generate::generate(*session, *sampler, request, [&](int) {
      if (++seen == wait_at_token) wait();
      return generate::Go::on;
    });
    reached = true;
    other.join();
    REQUIRE(outcome);
    CHECK(outcome->finish == generate::Finish::cancelled);
    CHECK(outcome->tokens == seen);
    CHECK(session->feed({&seen, 1}));  // the session goes on
    return *outcome;
  }
};

TEST_CASE("cancelling from another thread stops before the next token") {
  for (const int token : {1, 7}) {
    const std::vector<int> prompt(10, 5);
    CHECK(Cancelled().run({.prompt = prompt}, token).tokens == token);
  }
}

TEST_CASE("cancelling from another thread stops a prompt after the slice that it meets") {
  const std::vector<int> prompt(190, 5);
  Cancelled cancelled;
  const generate::Outcome outcome =
      cancelled.run({.prompt = prompt, .on_prompt = [&](int) { cancelled.wait(); }}, -1);
  CHECK(outcome.prompt_tokens == generate::kSlice);
  CHECK(outcome.tokens == 0);
}

}  // namespace
