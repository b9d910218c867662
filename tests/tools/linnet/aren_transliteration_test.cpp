// A trained encoder-decoder, from CTranslate2's files to its known targets.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/generate/beam.h"
#include "tests/support/assets.h"
#include "tests/support/converted_model.h"
#include "tests/support/slow.h"

namespace {

using namespace linnet;
using generate::BeamOptions;
using generate::BeamSearch;
using generate::Hypothesis;
using generate::Lanes;
using nlohmann::json;
using Tokens = std::vector<int>;

json read_json(const std::filesystem::path& path) {
  std::ifstream in(path);
  return json::parse(in);
}

struct Kind {
  const char* folder;
  core::Dtype type;
};

Lanes lanes_of(const Model& model, int sources, int beams) {
  auto lanes = Lanes::open(model.transformer(), {.sources = sources,
                                                 .beams = beams,
                                                 .positions = 32,
                                                 .source_positions = 32,
                                                 .cache = model::PageType::f32});
  REQUIRE(lanes);
  return std::move(*lanes);
}

// The sums of log-probabilities decide, as in the stored searches.
std::vector<std::vector<Hypothesis>> search(const Model& model, const std::vector<Tokens>& sources,
                                            int beams, const Tokens& given = {}) {
  Lanes lanes = lanes_of(model, static_cast<int>(sources.size()), beams);
  auto beam = BeamSearch::make(
      lanes,
      {.beams = beams, .n_best = 1, .norm = generate::LengthNorm::mean, .length_penalty = 0});
  REQUIRE(beam);
  std::vector<BeamSearch::Source> from;
  for (const Tokens& source : sources)
    from.push_back({.tokens = source, .start = model.spec().sequences.start, .given = given});
  auto found = beam->run(from);
  REQUIRE(found);
  return *found;
}

std::string joined(const Model& model, const Tokens& tokens) {
  std::string text = model.tokenizer()->decode(tokens);
  std::erase(text, ' ');
  return text;
}

std::string words(const json& tokens) {
  std::string text;
  for (const json& token : tokens) text += (text.empty() ? "" : " ") + token.get<std::string>();
  return text;
}

Tokens read(const Model& model, const std::string& text) {
  return model.source_tokenizer()->encode(text);
}

constexpr Kind kF32[] = {{"v1/aren-transliteration", core::Dtype::f32},
                         {"v2/aren-transliteration", core::Dtype::f32}};
constexpr Kind kAll[] = {{"v1/aren-transliteration", core::Dtype::f32},
                         {"v1/aren-transliteration-i16", core::Dtype::f32},
                         {"v2/aren-transliteration", core::Dtype::f32},
                         {"v2/aren-transliteration", core::Dtype::f16},
                         {"v2/aren-transliteration-i16", core::Dtype::f32},
                         {"v2/aren-transliteration-i8", core::Dtype::i8},
                         {"v2/aren-transliteration-i8", core::Dtype::f32}};

TEST_CASE("a trained encoder-decoder gives the stored logits, greedy targets and beams") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto folder = *assets / "aren-transliteration";
  const json golden = read_json(folder / "golden.json");
  REQUIRE(golden["cases"].size() == 14);
  for (const Kind& kind : kF32) {
    CAPTURE(kind.folder);
    support::Scratch scratch;
    const Model model = support::converted_model(folder / kind.folder, kind.type, scratch);
    for (const json& example : golden["cases"]) {
      const Tokens source = example["src_ids"];
      std::string spelled;
      for (const auto& token : source)
        spelled += (spelled.empty() ? "" : " ") +
                   std::string(model.source_tokenizer()->piece(token).substr(1));
      CHECK(read(model, spelled) == source);

      Lanes lanes = lanes_of(model, 1, 1);
      const std::span<const int> view(source);
      lanes.encode({&view, 1});
      lanes.feed(0, model.spec().sequences.start);
      const std::vector<float> want = example["first_step_logits"];
      REQUIRE(want.size() == lanes.logits(0).size());
      for (std::size_t i = 0; i < want.size(); ++i)
        CHECK(std::fabs(lanes.logits(0)[i] - want[i]) < 1e-3f);

      const Hypothesis greedy = search(model, {source}, 1)[0].at(0);
      CHECK(greedy.tokens == example["greedy_ids"].get<Tokens>());
      CHECK(joined(model, greedy.tokens) == example["greedy"].get<std::string>());
      CHECK(std::fabs(double{greedy.sum} - example["score"].get<double>()) < 1e-3);
      const Hypothesis beam = search(model, {source}, 4)[0].at(0);
      CHECK(joined(model, beam.tokens) == example["beam4_best"].get<std::string>());
      CHECK(std::fabs(double{beam.sum} - example["beam4_score"].get<double>()) < 1e-3);
    }
  }
}

TEST_CASE("a trained encoder-decoder meets its publisher's expectations in every stored type") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto folder = *assets / "aren-transliteration";
  const json expectations = read_json(folder / "upstream_expectations.json");
  for (const Kind& kind : kAll) {
    CAPTURE(kind.folder);
    support::Scratch scratch;
    const Model model = support::converted_model(folder / kind.folder, kind.type, scratch);
    for (const int beams : {1, 4})
      for (const json& example : expectations["cases"]) {
        if (example.contains("source")) {
          Tokens given;
          if (example.contains("target_prefix"))
            given = model.tokenizer()->encode(words(example["target_prefix"]));
          const auto found = search(model, {read(model, words(example["source"]))}, beams, given);
          CHECK(model.tokenizer()->decode(found[0].at(0).tokens) == words(example["output"]));
        }
        if (!example.contains("batch")) continue;
        std::vector<Tokens> batch;
        std::vector<std::string> wanted;
        for (std::size_t i = 0; i < example["batch"].size(); ++i)
          if (!example["batch"][i].empty()) {
            batch.push_back(read(model, words(example["batch"][i])));
            wanted.push_back(words(example["outputs"][i]));
          }
        const auto found = search(model, batch, beams);
        for (std::size_t i = 0; i < batch.size(); ++i)
          CHECK(model.tokenizer()->decode(found[i].at(0).tokens) == wanted[i]);
      }
  }
}

}  // namespace
