#include "engine/generate/lanes.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "engine/engine.h"
#include "tests/support/tiny_sequence.h"

namespace {

using namespace linnet;
using generate::Lanes;
using generate::LanesOptions;

using Tokens = std::vector<int>;
using Logits = std::vector<float>;

struct Variant {
  const char* name;
  model::Spec spec;
};

std::vector<Variant> variants() {
  std::vector<Variant> all{{"paper", support::tiny_transformer()}, {"t5", support::tiny_t5()}};
  model::Spec spec = support::tiny_transformer();
  for (model::Stack* s : {&spec.encoder, &spec.decoder}) {
    s->place = model::NormPlace::before;
    s->final_norm = s->embed_norm = true;
    s->sinusoid_layout = model::SinusoidLayout::halves;
    s->position_start = 2;
  }
  all.push_back({"norm before, halves", spec});
  for (const auto which :
       {model::CrossMemory::same, model::CrossMemory::reversed, model::CrossMemory::weighted}) {
    spec.decoder.cross_memory = which;
    all.push_back({"other memory", spec});
  }
  spec = support::tiny_transformer();
  spec.encoder.d_model = 24;
  spec.encoder.heads = spec.encoder.kv_heads = 2;
  spec.encoder.position = model::Position::learned;
  spec.source_vocab = 30;
  spec.decoder.kv_heads = 1;
  all.push_back({"a narrow encoder and grouped heads", spec});
  return all;
}

Model open(const model::Spec& spec, core::Dtype dtype) {
  auto model = Model::from(support::tiny_model(spec, dtype), "tiny");
  REQUIRE(model);
  return *model;
}

Lanes open(const Model& model, const LanesOptions& options) {
  auto lanes = Lanes::open(model.transformer(), options);
  REQUIRE(lanes);
  return std::move(*lanes);
}

Tokens sequence(int length, int vocab, int seed) {
  Tokens tokens;
  for (int i = 0; i < length; ++i) tokens.push_back((i * 31 + i * i * 7 + 5 + seed * 13) % vocab);
  return tokens;
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

const int kLengths[] = {7, 1, 33, 18};

std::vector<Tokens> sources(const model::Spec& spec) {
  std::vector<Tokens> all;
  for (const int length : kLengths)
    all.push_back(sequence(length, spec.source_vocab > 0 ? spec.source_vocab : spec.vocab, length));
  return all;
}

// Logits after each token of a target, one source alone, token by token.
std::vector<Logits> alone(const Model& model, const Tokens& source, const Tokens& target,
                          const LanesOptions& options) {
  Lanes lanes = open(model, options);
  const std::span<const int> view(source);
  lanes.encode({&view, 1});
  std::vector<Logits> all;
  for (const int token : target) {
    lanes.feed(0, {&token, 1});
    all.emplace_back(lanes.logits(0).begin(), lanes.logits(0).end());
  }
  return all;
}

TEST_CASE("a batch of sources gives the bits of each alone, on one thread or three, step or tile") {
  for (const Variant& variant : variants())
    for (const core::Dtype dtype : {core::Dtype::f32, core::Dtype::i8}) {
      CAPTURE(variant.name);
      const Model model = open(variant.spec, dtype);
      const auto cache = dtype == core::Dtype::i8 ? model::PageType::int8 : model::PageType::f16;
      const std::vector<Tokens> from = sources(variant.spec);
      std::vector<std::span<const int>> views(from.begin(), from.end());
      const Tokens target = sequence(21, variant.spec.vocab, 3);

      // Three threads, several sources in the encoder at a time, all lanes of a step together.
      Lanes together = open(model, {.sources = 4,
                                    .beams = 2,
                                    .positions = 30,
                                    .source_positions = 33,
                                    .source_rows = 40,
                                    .threads = 3,
                                    .cache = cache});
      together.encode(views);
      std::vector<std::vector<Logits>> want;
      for (const Tokens& source : from)
        want.push_back(alone(model, source, target,
                             {.positions = 40, .source_positions = 35, .cache = cache}));
      const Tokens lanes{0, 1, 3, 4, 5, 6};  // not all, and one or two of a source
      for (std::size_t at = 0; at < target.size(); ++at) {
        together.step(lanes, Tokens(lanes.size(), target[at]));
        for (std::size_t row = 0; row < lanes.size(); ++row)
          REQUIRE(same_bits(together.logits(static_cast<int>(row)),
                            want[static_cast<std::size_t>(lanes[row] / 2)][at]));
      }
      // The whole target at once.
      Lanes tiled =
          open(model,
               {.sources = 4, .positions = 30, .source_positions = 33, .cache = cache, .tile = 8});
      tiled.encode(views);
      tiled.feed(2, target, [&](int i, std::span<const float> logits) {
        REQUIRE(same_bits(logits, want[2][static_cast<std::size_t>(i)]));
      });
      tiled.feed(1, target);
      CHECK(same_bits(tiled.logits(0), want[1].back()));
    }
}

TEST_CASE("alignments are the bits of each source alone, change no logits and add up to 1") {
  for (const Variant& variant : variants()) {
    CAPTURE(variant.name);
    const Model model = open(variant.spec, core::Dtype::i8);
    const std::vector<Tokens> from = sources(variant.spec);
    std::vector<std::span<const int>> views(from.begin(), from.end());
    const LanesOptions options{.sources = 4,
                               .beams = 2,
                               .positions = 30,
                               .source_positions = 33,
                               .threads = 3,
                               .alignments = true};
    Lanes together = open(model, options);
    together.encode(views);
    Lanes one = open(model, {.positions = 30, .source_positions = 33, .alignments = true});
    const Tokens lanes{0, 2, 3, 7}, first(4, 1), second(4, 9), only{0};
    for (const Tokens& tokens : {first, second}) together.step(lanes, tokens);
    for (std::size_t row = 0; row < lanes.size(); ++row) {
      one.encode({&views[static_cast<std::size_t>(lanes[row] / 2)], 1});
      for (const int token : {1, 9}) one.step(only, {&token, 1});
      const auto weights = together.alignment(static_cast<int>(row));
      REQUIRE(weights.size() == views[static_cast<std::size_t>(lanes[row] / 2)].size());
      CHECK(same_bits(weights, one.alignment(0)));
      CHECK(same_bits(together.logits(static_cast<int>(row)), one.logits(0)));
      double sum = 0;
      for (const float weight : weights) sum += double{weight};
      CHECK(sum == doctest::Approx(1).epsilon(1e-5));
      const auto plain = alone(model, from[static_cast<std::size_t>(lanes[row] / 2)], {1, 9},
                               {.positions = 30, .source_positions = 33});
      CHECK(same_bits(one.logits(0), plain.back()));
    }
  }
}

TEST_CASE("alignments take memory that is announced, and a decoder alone has none") {
  const Model model = open(support::tiny_transformer(), core::Dtype::f32);
  const auto need = [&](bool alignments) {
    const auto bytes = Lanes::needs(
        model.transformer(),
        {.beams = 3, .positions = 30, .source_positions = 33, .alignments = alignments});
    REQUIRE(bytes);
    return bytes->workspace;
  };
  CHECK(need(true) == need(false) + 3 * 2 * 33 * 4);
  const Model writer = open(support::tiny_llama(), core::Dtype::f32);
  CHECK_FALSE(Lanes::needs(writer.transformer(), {.positions = 30, .alignments = true}));
}

TEST_CASE("what a source says reaches the target, and its order too") {
  for (const Variant& variant : variants()) {
    CAPTURE(variant.name);
    const Model model = open(variant.spec, core::Dtype::f32);
    const LanesOptions options{.positions = 8, .source_positions = 8};
    const Logits plain = alone(model, {3, 4, 5, 6}, {1}, options)[0];
    CHECK_FALSE(same_bits(plain, alone(model, {3, 4, 5, 7}, {1}, options)[0]));
    CHECK_FALSE(same_bits(plain, alone(model, {4, 3, 5, 6}, {1}, options)[0]));
    CHECK(same_bits(plain, alone(model, {3, 4, 5, 6}, {1}, options)[0]));
  }
}

void check_trading_places(const Model& model, model::PageType cache) {
  const Tokens source = sequence(9, 53, 1);
  const std::span<const int> view(source);
  Lanes lanes = open(model, {.beams = 4, .positions = 60, .source_positions = 9, .cache = cache});
  lanes.encode({&view, 1});
  std::vector<Tokens> histories(4);
  const Tokens all{0, 1, 2, 3};
  for (int round = 0; round < 50; ++round) {
    Tokens next;
    for (int lane = 0; lane < 4; ++lane) {
      next.push_back((round * 7 + lane * 11 + 3) % 53);
      histories[static_cast<std::size_t>(lane)].push_back(next.back());
    }
    lanes.step(all, next);
    const Tokens parents{(round + 1) % 4, round % 4, 2, (round / 2) % 4};
    lanes.reorder(0, parents);
    const std::vector<Tokens> before = histories;
    for (std::size_t i = 0; i < 4; ++i) histories[i] = before[static_cast<std::size_t>(parents[i])];
  }
  lanes.step(all, Tokens{5, 6, 7, 8});
  for (std::size_t i = 0; i < 4; ++i) {
    histories[i].push_back(static_cast<int>(5 + i));
    const auto want = alone(model, source, histories[i],
                            {.positions = 60, .source_positions = 9, .cache = cache});
    CHECK(same_bits(lanes.logits(static_cast<int>(i)), want.back()));
  }
}

TEST_CASE("lanes that trade places go on as the lanes that they became") {
  const Model model = open(support::tiny_transformer(), core::Dtype::i8);
  for (const auto cache : {model::PageType::f16, model::PageType::int8})
    check_trading_places(model, cache);
}

}  // namespace
