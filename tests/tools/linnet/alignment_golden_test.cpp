// What a decoder looks at, and targets ranked by what they cover, against CTranslate2.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/generate/beam.h"
#include "tests/support/assets.h"
#include "tests/support/converted_model.h"

namespace {

using namespace linnet;
using generate::BeamSearch;
using nlohmann::json;

std::string words(const json& tokens) {
  std::string text;
  for (const json& token : tokens) text += (text.empty() ? "" : " ") + token.get<std::string>();
  return text;
}

std::string spelled(const Model& model, const std::vector<int>& tokens) {
  std::string text;
  for (const int token : tokens) {
    const std::string_view piece = model.tokenizer()->piece(token);
    text += (text.empty() || piece.starts_with(' ') ? "" : " ") + std::string(piece);
  }
  return text.substr(text.starts_with(' ') ? 1 : 0);
}

void compare(const generate::Hypothesis& got, const json& want, std::size_t positions) {
  CHECK(std::fabs(double{got.score} - want["score"].get<double>()) < 1e-3);
  const json& rows = want["attention"];
  REQUIRE(rows.size() == got.tokens.size());
  REQUIRE(got.attention.size() == got.log_probs.size() * positions);
  for (std::size_t t = 0; t < rows.size(); ++t) {
    REQUIRE(rows[t].size() == positions);
    for (std::size_t j = 0; j < positions; ++j)
      CHECK(std::fabs(double{got.attention[t * positions + j]} - rows[t][j].get<double>()) < 1e-4);
  }
}

void check(const Model& model, const std::filesystem::path& expected) {
  std::ifstream in(expected);
  const json golden = json::parse(in);
  REQUIRE(golden["cases"].size() == 8);
  for (const json& example : golden["cases"]) {
    const int beams = example["beam"], count = static_cast<int>(example["best"].size());
    CAPTURE(example["source"].dump());
    CAPTURE(beams);
    auto lanes = generate::Lanes::open(model.transformer(), {.beams = beams,
                                                             .positions = 32,
                                                             .source_positions = 32,
                                                             .cache = model::PageType::f32,
                                                             .alignments = true});
    REQUIRE(lanes);
    auto search = BeamSearch::make(*lanes, {.beams = beams,
                                            .n_best = count,
                                            .length_penalty = 0,
                                            .coverage_penalty = example["penalty"],
                                            .max_tokens = 7});
    REQUIRE(search);
    const std::vector<int> source = model.source_tokenizer()->encode(words(example["source"]));
    const BeamSearch::Source from{.tokens = source, .start = model.spec().sequences.start};
    const auto found = search->run({&from, 1});
    REQUIRE(found);
    REQUIRE(static_cast<int>((*found)[0].size()) == count);
    for (std::size_t i = 0; i < example["best"].size(); ++i) {
      const generate::Hypothesis& got = (*found)[0][i];
      CHECK(spelled(model, got.tokens) == words(example["best"][i]["tokens"]));
      compare(got, example["best"][i], source.size());
    }
  }
}

TEST_CASE("a trained decoder looks where CTranslate2's does, and coverage ranks the same targets") {
  const auto assets = support::assets();
  if (!assets) return;
  support::Scratch scratch;
  for (const char* version : {"v1", "v2"})
    check(support::converted_model(
              *assets / "aren-transliteration" / version / "aren-transliteration", core::Dtype::f32,
              scratch),
          LINNET_SOURCE_DIR "/tests/golden/alignment/aren.json");
}

TEST_CASE("the attributes of a CTranslate2 model say which layer and heads align") {
  support::Scratch scratch;
  const std::filesystem::path folder = LINNET_SOURCE_DIR "/tests/golden/alignment/first-layer";
  const Model model = support::converted_model(folder, core::Dtype::f32, scratch);
  CHECK(model.spec().decoder.alignment_layer == 1);
  CHECK(model.spec().decoder.alignment_heads == 0);
  check(model, folder / "expected.json");
}

}  // namespace
