// Memory that ends at any moment: the n-th allocation fails, for every n.
#include <doctest/doctest.h>

#include <new>
#include <optional>
#include <vector>

#include "engine/engine.h"
#include "engine/generate/generate.h"
#include "tests/support/allocations.h"
#include "tests/support/corpus_model.h"
#include "tests/support/scratch.h"

namespace {

using namespace linnet;

enum class End { done, refused, threw };

// Runs `work` with the first allocation failing, then with the second, ... until it needs none that
// fails, and gives back how many did. Whatever happens, nothing may stay behind; `work` must not
// end as `never`.
template <class Work>
int fail_each_allocation(End never, const Work& work) {
  CHECK(work() == End::done);  // what is made once and kept is made here
  int refused = 0;
  for (int n = 1;; ++n) {
    const long before = support::live_allocations;
    support::fails_in = n;
    End end = End::threw;
    try {
      end = work();
    } catch (const std::bad_alloc&) {
    }
    const bool reached = support::fails_in == 0;
    support::fails_in = 0;
    const long after = support::live_allocations;
    CAPTURE(n);
    CHECK(after == before);
    CHECK(end != never);
    if (!reached) {
      CHECK(end == End::done);
      return refused;
    }
    refused += end != End::done;
  }
}

template <class T>
End end_of(const core::Result<T>& result) {
  if (result) return End::done;
  return result.error().fault == core::Fault::limit ? End::refused : End::threw;
}

struct Greedy {
  generate::Session session;
  std::vector<int> tokens;

  explicit Greedy(const Model& model)
      : session(std::move(*generate::Session::open(model.transformer(), {.context = 60}))) {
    tokens.reserve(60);
  }
  End run(const Model& model) {
    tokens.clear();
    session.truncate(0);
    auto sampler = generate::Sampler::make({.temperature = 0}, model.spec().vocab);
    if (!sampler) return end_of(sampler);
    const int prompt[] = {1, 70, 100};
    return end_of(
        generate::generate(session, *sampler, {.prompt = prompt, .max_tokens = 12}, [&](int token) {
          tokens.push_back(token);
          return generate::Go::on;
        }));
  }
};

TEST_CASE("a model for which there is no memory is refused at any point, and nothing leaks") {
  const support::Scratch scratch;
  const std::string path = scratch.write("model.linnet", support::whole_model().bytes());
  for (const bool map : {true, false}) {
    const auto work = [&] { return end_of(Model::open(path, {.map = map})); };
    CHECK(fail_each_allocation(End::threw, work) > 50);
  }
  CHECK(Model::open(path));
}

TEST_CASE("a session for which there is no memory is refused, and its model goes on") {
  const auto model = Model::from(support::tiny_writer(), "tiny");
  REQUIRE(model);
  const auto work = [&] {
    return end_of(generate::Session::open(model->transformer(), {.context = 60}));
  };
  CHECK(fail_each_allocation(End::threw, work) > 0);
}

TEST_CASE("generating without memory is refused, and the session then gives the same tokens") {
  const auto model = Model::from(support::tiny_writer(), "tiny");
  REQUIRE(model);
  Greedy greedy(*model);
  REQUIRE(greedy.run(*model) == End::done);
  const std::vector<int> wanted = greedy.tokens;
  CHECK(wanted.size() == 12);
  CHECK(fail_each_allocation(End::threw, [&] { return greedy.run(*model); }) > 0);
  CHECK(greedy.tokens == wanted);
}

TEST_CASE("a tokenizer without memory throws bad_alloc and then reads the same text") {
  const auto model = Model::from(support::tiny_writer(), "tiny");
  REQUIRE(model);
  const text::Tokenizer& words = *model->tokenizer();
  const std::string text = "a text that is longer than any short string";
  const std::vector<int> wanted = words.encode(text);
  const auto work = [&] {
    return words.encode(text) == wanted && words.decode(wanted) == text ? End::done : End::refused;
  };
  CHECK(fail_each_allocation(End::refused, work) > 0);
  CHECK(words.encode(text) == wanted);
}

}  // namespace
