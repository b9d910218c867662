#include "engine/generate/session.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "engine/engine.h"
#include "tests/support/slow.h"
#include "tests/support/tiny_model.h"

namespace {

using namespace linnet;
using generate::Session;
using generate::SessionOptions;
using model::PageType;

struct Variant {
  const char* name;
  model::Spec spec;
};

// Every choice of a Spec that this version runs, on models that fill no tile evenly.
std::vector<Variant> variants() {
  std::vector<Variant> all{{"llama", support::tiny_llama()}, {"gpt2", support::tiny_gpt2()}};
  model::Spec spec = support::tiny_llama();
  spec.decoder.window = 21;
  spec.decoder.window_period = 2;
  all.push_back({"alternating window", spec});
  spec = support::tiny_llama();
  spec.decoder.window = 21;
  all.push_back({"window", spec});
  spec = support::tiny_llama();
  spec.decoder.parallel = true;
  spec.decoder.rotary.frequencies.resize(2);
  all.push_back({"parallel branches, a part of each head turns", spec});
  spec = support::tiny_llama();
  spec.decoder.layers = 3;
  spec.decoder.query_key_norm = true;
  spec.decoder.window = 21;
  spec.decoder.window_period = 3;
  spec.decoder.window_rotary.frequencies = spec.decoder.rotary.frequencies;
  for (float& frequency : spec.decoder.window_rotary.frequencies) frequency *= 0.5f;
  all.push_back({"normed queries and keys, two rotaries", spec});
  spec = support::tiny_gpt2();
  spec.decoder.position = model::Position::linear_bias;
  spec.decoder.linear_bias = {0.5f, 0.25f, 0.0625f};
  all.push_back({"linear bias", spec});
  spec = support::tiny_gpt2();
  spec.decoder.place = model::NormPlace::after;
  spec.decoder.final_norm = false;
  spec.decoder.activation = model::Activation::relu;
  all.push_back({"norm after", spec});
  spec = support::tiny_llama();
  spec.decoder.place = model::NormPlace::both;
  spec.decoder.attention_soft_cap = 5.0f;
  spec.logit_soft_cap = 3.0f;
  spec.logit_scale = 0.5f;
  spec.embed_scale = 6.9f;
  spec.decoder.activation = model::Activation::gelu;
  spec.decoder.rotary.interleaved = true;
  spec.decoder.embed_norm = true;
  all.push_back({"norm both, caps and scales", spec});
  return all;
}

Model open(const model::Spec& spec, core::Dtype dtype) {
  auto model = Model::from(support::tiny_model(spec, dtype), "tiny");
  REQUIRE(model);
  return *model;
}

Session open(const Model& model, const SessionOptions& options) {
  auto session = Session::open(model.transformer(), options);
  REQUIRE(session);
  return std::move(*session);
}

std::vector<int> prompt_of(const model::Spec& spec, int length) {
  std::vector<int> tokens;
  for (int i = 0; i < length; ++i) tokens.push_back((i * 31 + i * i * 7 + 5) % spec.vocab);
  return tokens;
}

using Logits = std::vector<float>;

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// Logits after every token, fed one at a time.
std::vector<Logits> step_by_step(const Model& model, const SessionOptions& options,
                                 const std::vector<int>& tokens) {
  Session session = open(model, options);
  std::vector<Logits> all;
  for (const int token : tokens) {
    REQUIRE(session.feed({&token, 1}));
    all.emplace_back(session.logits().begin(), session.logits().end());
  }
  return all;
}

void check_prefill_equals_steps(const model::Spec& spec, core::Dtype dtype, PageType cache) {
  const Model model = open(spec, dtype);
  const std::vector<int> tokens = prompt_of(spec, 83);
  const std::vector<Logits> steps = step_by_step(model, {.context = 90, .cache = cache}, tokens);
  for (const int tile : {3, 16, 64, 90}) {
    Session session = open(model, {.context = 90, .cache = cache, .tile = tile});
    int equal = 0;
    REQUIRE(session.feed(tokens, [&](int i, std::span<const float> logits) {
      equal += same_bits(logits, steps[static_cast<std::size_t>(i)]);
    }));
    CHECK(equal == 83);
    CHECK(same_bits(session.logits(), steps.back()));
    session.truncate(0);
    REQUIRE(session.feed(tokens));
    CHECK(same_bits(session.logits(), steps.back()));
    session.truncate(0);
    REQUIRE(session.feed_more(std::span(tokens).first(50)));
    REQUIRE(session.feed(std::span(tokens).subspan(50)));
    CHECK(same_bits(session.logits(), steps.back()));
  }
}

TEST_CASE("a prompt in tiles of any size gives the bits of single steps") {
  for (const Variant& variant : variants())
    for (const core::Dtype dtype :
         {core::Dtype::f32, core::Dtype::f16, core::Dtype::i8, core::Dtype::i4})
      for (const PageType cache : {PageType::f32, PageType::f16, PageType::int8}) {
        const bool rare = dtype == core::Dtype::f16 || dtype == core::Dtype::i4;
        if (support::very_slow() && (rare || cache == PageType::f32)) continue;
        if (cache == PageType::int8 && dtype != core::Dtype::i8) continue;
        INFO(variant.name << ", " << core::name_of(dtype));
        check_prefill_equals_steps(variant.spec, dtype, cache);
      }
}

TEST_CASE("where all layers see a window, memory is for what they see and no bit differs") {
  model::Spec spec = support::tiny_llama();
  spec.decoder.window = 21;
  const Model model = open(spec, core::Dtype::i8);
  const std::vector<int> tokens = prompt_of(spec, 190);
  const SessionOptions all{.context = 200, .tile = 32, .rewinds = true};
  const SessionOptions some{.context = 200, .tile = 32};
  const auto held = Session::needs(model.transformer(), all);
  const auto seen = Session::needs(model.transformer(), some);
  REQUIRE(held);
  REQUIRE(seen);
  // 52 positions lie in five pages at most, 200 in 13.
  CHECK(seen->cache < held->cache / 2);
  const std::vector<Logits> steps = step_by_step(model, all, tokens);
  CHECK(same_bits(step_by_step(model, some, tokens).back(), steps.back()));
  Session session = open(model, some);
  int equal = 0;
  REQUIRE(session.feed(tokens, [&](int i, std::span<const float> logits) {
    equal += same_bits(logits, steps[static_cast<std::size_t>(i)]);
  }));
  CHECK(equal == 190);
}

TEST_CASE("several threads give the bits of one") {
  for (const Variant& variant : variants()) {
    INFO(variant.name);
    const Model model = open(variant.spec, core::Dtype::i8);
    const std::vector<int> tokens = prompt_of(variant.spec, 40);
    for (const PageType cache : {PageType::f16, PageType::int8}) {
      const std::vector<Logits> one = step_by_step(model, {.context = 40, .cache = cache}, tokens);
      for (const int threads : {2, 3}) {
        const SessionOptions options{.context = 40, .threads = threads, .cache = cache, .tile = 17};
        const std::vector<Logits> many = step_by_step(model, options, tokens);
        for (std::size_t i = 0; i < one.size(); ++i) CHECK(same_bits(one[i], many[i]));
        Session session = open(model, options);
        REQUIRE(session.feed(tokens));
        CHECK(same_bits(session.logits(), one.back()));
      }
    }
  }
}

TEST_CASE("a session that forgets and goes on gives the bits of one that never knew") {
  const Model model = open(support::tiny_llama(), core::Dtype::i8);
  const std::vector<int> tokens = prompt_of(model.spec(), 60);
  for (const PageType cache : {PageType::f16, PageType::int8}) {
    const SessionOptions options{.context = 80, .cache = cache};
    Session session = open(model, options);
    REQUIRE(session.feed(tokens));
    session.truncate(23);
    REQUIRE(session.feed(std::span(tokens).last(20)));
    std::vector<int> direct(tokens.begin(), tokens.begin() + 23);
    direct.insert(direct.end(), tokens.end() - 20, tokens.end());
    CHECK(session.tokens().size() == 43);
    CHECK(same_bits(session.logits(), step_by_step(model, options, direct).back()));
  }
}

// A key or value is off by at most 1/254 of its head's largest number, f16 by 1/2048 of itself.
TEST_CASE("int8 keys and values change the logits a little, and take half the memory of f16") {
  for (const Variant& variant : variants()) {
    INFO(variant.name);
    const Model model = open(variant.spec, core::Dtype::f32);
    const std::vector<int> tokens = prompt_of(variant.spec, 83);
    const auto last = [&](PageType cache) {
      return step_by_step(model, {.context = 90, .cache = cache}, tokens).back();
    };
    const Logits exact = last(PageType::f32), near = last(PageType::int8);
    double squares = 0, differences = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
      squares += double{exact[i]} * double{exact[i]};
      differences += std::pow(double{near[i]} - double{exact[i]}, 2);
    }
    CHECK(differences > 0);
    CHECK(std::sqrt(differences / squares) < 0.02);
    const auto bytes = [&](PageType cache) {
      const auto need = Session::needs(model.transformer(), {.context = 90, .cache = cache});
      REQUIRE(need);
      return need->cache;
    };
    // Scales are 4 bytes to the 16 or more of a head.
    CHECK(bytes(PageType::int8) <= bytes(PageType::f16) * 3 / 4);
  }
}

TEST_CASE("tokens that do not fit or are unknown change nothing") {
  const Model model = open(support::tiny_llama(), core::Dtype::f32);
  Session session = open(model, {.context = 10});
  REQUIRE(session.feed(prompt_of(model.spec(), 6)));
  const core::Status too_many = session.feed(prompt_of(model.spec(), 5));
  REQUIRE_FALSE(too_many);
  CHECK(too_many.error().fault == core::Fault::limit);
  CHECK(too_many.error().sentence.find("5 tokens do not fit") != std::string::npos);
  for (const int token : {-1, 97}) {
    const core::Status unknown = session.feed({&token, 1});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().fault == core::Fault::bad_argument);
  }
  CHECK(session.tokens().size() == 6);
  REQUIRE(session.feed(prompt_of(model.spec(), 4)));
}

TEST_CASE("options out of range are refused with a sentence") {
  const Model llama = open(support::tiny_llama(), core::Dtype::f32);
  const Model gpt2 = open(support::tiny_gpt2(), core::Dtype::f32);
  const auto fault = [](const Model& model, const SessionOptions& options) {
    auto session = Session::open(model.transformer(), options);
    REQUIRE_FALSE(session);
    return session.error().fault;
  };
  CHECK(fault(llama, {.context = -1}) == core::Fault::bad_argument);
  CHECK(fault(llama, {.context = 1 << 21}) == core::Fault::bad_argument);
  CHECK(fault(llama, {.threads = 0}) == core::Fault::bad_argument);
  CHECK(fault(llama, {.tile = 0}) == core::Fault::bad_argument);
  CHECK(fault(gpt2, {.context = 151}) == core::Fault::limit);
  CHECK(open(gpt2, {}).context() == 150);
}

// Computed on x86-64 with the reference kernels. Each table and each architecture has to find the
// same numbers: not one bit of a logit may differ.
TEST_CASE("the fingerprint of a model is the same on every machine") {
  const auto fingerprint = [](const model::Spec& spec, core::Dtype dtype, int threads) {
    const auto number = open(spec, dtype).fingerprint({.threads = threads});
    REQUIRE(number);
    return *number;
  };
  for (const int threads : {1, 2}) {
    CHECK(fingerprint(support::tiny_llama(), core::Dtype::f32, threads) == 1256760828817982802u);
    CHECK(fingerprint(support::tiny_llama(), core::Dtype::f16, threads) == 8057053608994223495u);
    CHECK(fingerprint(support::tiny_llama(), core::Dtype::i8, threads) == 5588507939968553067u);
    CHECK(fingerprint(support::tiny_llama(), core::Dtype::i4, threads) == 11943382808283206431u);
    CHECK(fingerprint(support::tiny_llama(), core::Dtype::i4h, threads) == 16151223009797039839u);
    CHECK(fingerprint(support::tiny_gpt2(), core::Dtype::f32, threads) == 12474826787136736523u);
    CHECK(fingerprint(support::tiny_gpt2(), core::Dtype::i8, threads) == 9598048806740648108u);
  }
}

}  // namespace
