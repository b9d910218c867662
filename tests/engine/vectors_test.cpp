#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/encode/encoder.h"
#include "engine/engine.h"
#include "engine/model/spec_settings.h"
#include "engine/ops/embed.h"
#include "tests/support/tiny_model.h"

// Encoders that read vectors in place of tokens.
namespace {

using namespace linnet;
using encode::Encoder;
using Numbers = std::vector<float>;

constexpr int kWidth = 10, kVocab = 31;

// Reads tokens: width 36, learned positions, norms after the branches.
model::Spec reader() {
  model::Spec spec;
  spec.family = "reader";
  spec.vocab = kVocab;
  spec.encoder = support::tiny_gpt2().decoder;
  spec.encoder.place = model::NormPlace::after;
  spec.encoder.final_norm = false;
  spec.encoder.positions = 40;
  spec.head = model::Head::none;
  spec.reading.classes = model::Classes::sequence;
  spec.reading.class_count = 5;
  return spec;
}

// The same that reads hidden states, or vectors with a learned one in front.
model::Spec hidden_reader() {
  model::Spec spec = reader();
  spec.vocab = 0;
  spec.vectors.width = spec.encoder.d_model;
  return spec;
}
model::Spec vector_reader() {
  model::Spec spec = hidden_reader();
  spec.vectors = {.width = kWidth, .project = true, .first = true};
  return spec;
}

Model tiny(const model::Spec& spec, core::Dtype dtype = core::Dtype::f32) {
  auto model = Model::from(support::tiny_model(spec, dtype), "tiny");
  if (!model) FAIL(model.error().sentence);
  return *model;
}

Encoder opened(const Model& model, int sequences = 1, int threads = 1) {
  auto encoder = Encoder::open(
      model.transformer(), {.sequences = sequences, .rows = 40 * sequences, .threads = threads});
  if (!encoder) FAIL(encoder.error().sentence);
  return std::move(*encoder);
}

Numbers vectors(int places, int width, int seed) {
  Numbers all;
  for (int i = 0; i < places * width; ++i)
    all.push_back(std::sin(static_cast<float>(i * 7 + seed * 13 + 1)));
  return all;
}

core::Mat view(Numbers& numbers, int width) {
  return {numbers.data(), static_cast<int>(numbers.size()) / width, width, width};
}

Numbers numbers_of(core::Mat x) {
  Numbers all;
  for (int row = 0; row < x.rows; ++row) all.insert(all.end(), x.row(row), x.row(row) + x.cols);
  return all;
}

// What each of the sequences becomes, run together.
std::vector<Numbers> hidden_states(Encoder& encoder, std::vector<Numbers> given, int width) {
  std::vector<encode::Sequence> sequences;
  for (Numbers& one : given) sequences.push_back({.vectors = view(one, width)});
  const core::Status done = encoder.encode(sequences);
  if (!done) FAIL(done.error().sentence);
  std::vector<Numbers> all;
  for (std::size_t i = 0; i < given.size(); ++i)
    all.push_back(numbers_of(encoder.hidden(static_cast<int>(i))));
  all.push_back(numbers_of(encoder.classes()));
  return all;
}

std::string refusal(const Model& model, core::Mat given, std::span<const int> tokens = {}) {
  Encoder encoder = opened(model);
  const encode::Sequence sequence{.tokens = tokens, .vectors = given};
  const core::Status done = encoder.encode({&sequence, 1});
  REQUIRE_FALSE(done);
  return done.error().sentence;
}

std::string spec_refusal(const model::Spec& spec) {
  const core::Status fine = model::check(spec);
  REQUIRE_FALSE(fine);
  return fine.error().sentence;
}

}  // namespace

TEST_CASE("hidden states that are embeddings of tokens give the bits that the tokens give") {
  const Model words = tiny(reader()), states = tiny(hidden_reader());
  const int width = words.spec().encoder.d_model;
  const std::vector<int> tokens{3, 0, 30, 7, 7, 12, 1};
  Numbers embedded(tokens.size() * static_cast<std::size_t>(width));
  for (std::size_t i = 0; i < tokens.size(); ++i)
    ops::unpack_row(embedded.data() + i * static_cast<std::size_t>(width),
                    words.bundle().weight("embed.tokens.weight")->weight, tokens[i]);
  Encoder encoder = opened(words);
  const encode::Sequence sequence{.tokens = tokens};
  REQUIRE(encoder.encode({&sequence, 1}));
  Encoder other = opened(states);
  CHECK(hidden_states(other, {embedded}, width)[0] == numbers_of(encoder.hidden(0)));
}

TEST_CASE("vectors are projected, and a learned one stands in front of them") {
  const Model plain = tiny(hidden_reader()), model = tiny(vector_reader());
  const int width = plain.spec().encoder.d_model, places = 9;
  const auto vector_named = [&](const char* name) {
    return reinterpret_cast<const float*>(model.bundle().weight(name)->weight.panels);
  };
  Numbers given = vectors(places, kWidth, 1);
  const float* first = vector_named("vectors.first");
  Numbers by_hand(first, first + width);
  for (int place = 0; place < places; ++place)
    for (int out = 0; out < width; ++out) {
      Numbers row(kWidth);
      ops::unpack_row(row.data(), model.bundle().weight("vectors.project.weight")->weight, out);
      double sum = double{vector_named("vectors.project.bias")[out]};
      for (int i = 0; i < kWidth; ++i)
        sum += double{row[static_cast<std::size_t>(i)]} *
               double{given[static_cast<std::size_t>(place * kWidth + i)]};
      by_hand.push_back(static_cast<float>(sum));
    }
  Encoder encoder = opened(model), other = opened(plain);
  const Numbers got = hidden_states(encoder, {given}, kWidth)[0];
  const Numbers expected = hidden_states(other, {by_hand}, width)[0];
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(std::fabs(got[i] - expected[i]) < 2e-5f);
}

TEST_CASE("what vectors become does not depend on neighbours or threads") {
  const std::vector<Numbers> given{vectors(17, kWidth, 1), vectors(1, kWidth, 2),
                                   vectors(39, kWidth, 3)};
  for (const core::Dtype dtype : {core::Dtype::f32, core::Dtype::i8}) {
    const Model model = tiny(vector_reader(), dtype);
    Encoder together = opened(model, 3), alone = opened(model);
    const std::vector<Numbers> all = hidden_states(together, given, kWidth);
    Numbers classes;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const std::vector<Numbers> one = hidden_states(alone, {given[i]}, kWidth);
      CHECK(one[0] == all[i]);
      classes.insert(classes.end(), one[1].begin(), one[1].end());
    }
    CHECK(classes == all.back());
    for (const int threads : {2, 3}) {
      Encoder more = opened(model, 3, threads);
      CHECK(hidden_states(more, given, kWidth) == all);
    }
  }
}

TEST_CASE("a model that reads vectors has a fingerprint") {
  CHECK(tiny(vector_reader()).fingerprint({}));
  CHECK(tiny(hidden_reader()).fingerprint({}));
}

TEST_CASE("what a model that reads vectors cannot read is refused with a sentence") {
  const Model model = tiny(vector_reader()), words = tiny(reader());
  Numbers good = vectors(4, kWidth, 1), many = vectors(40, kWidth, 1), bad = good;
  bad[25] = std::numeric_limits<float>::infinity();
  const std::vector<int> tokens{1, 2};
  CHECK(refusal(model, {}) == "a sequence has no vectors");
  CHECK(refusal(model, {}, tokens) == "this model reads vectors, not tokens");
  CHECK(refusal(words, view(good, kWidth), tokens) == "this model reads tokens, not vectors");
  CHECK(refusal(model, view(good, 5)) == "the vectors have 5 numbers, and the model reads 10");
  CHECK(refusal(model, view(bad, kWidth)) == "the vector 2 holds a number that is not finite");
  CHECK(refusal(model, view(many, kWidth)) ==
        "40 vectors are more than the 39 positions that there are");
}

TEST_CASE("settings of vectors that do not fit together are refused") {
  const auto changed = [](auto change) {
    model::Spec spec = vector_reader();
    REQUIRE(model::check(spec));
    change(spec);
    return spec_refusal(spec);
  };
  using model::Spec;
  CHECK(changed([](Spec& s) { s.vectors.width = 1 << 20; }).find("'vectors.width'") !=
        std::string::npos);
  CHECK(changed([](Spec& s) { s.vectors.width = -1; }).find("'vectors.width'") !=
        std::string::npos);
  CHECK(changed([](Spec& s) { s.vectors.width = 0; }).find("'vocab'") != std::string::npos);
  CHECK(changed([](Spec& s) { s.vectors.project = false; }).find("nothing makes") !=
        std::string::npos);
  CHECK(changed([](Spec& s) { s.vocab = 7; }).find("'vocab'") != std::string::npos);
  CHECK(changed([](Spec& s) { s.encoder.positions = 1; }).find("no room") != std::string::npos);
  CHECK(changed([](Spec& s) { s.head = model::Head::logits; }).find("no tokens") !=
        std::string::npos);
  CHECK(changed([](Spec& s) { s.token_types = 2; }).find("no tokens") != std::string::npos);
  CHECK(changed([](Spec& s) {
          s.reading.classes = model::Classes::tokens;
        }).find("'reading.classes'") != std::string::npos);
  CHECK(changed([](Spec& s) {
          s.decoder = support::tiny_gpt2().decoder;
          s.encoder = {};
        }).find("encoders alone") != std::string::npos);
  Spec spec = reader();
  spec.vectors.first = true;
  CHECK(spec_refusal(spec).find("'vectors.first'") != std::string::npos);
}
