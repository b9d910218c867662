// The pronunciation model that ships, against the float32 weights in PyTorch that it was made of
// (models/g2p/train.py golden).
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/engine.h"
#include "engine/generate/lanes.h"
#include "tests/tools/linnet/program.h"
#include "tools/linnet/line_files.h"

namespace {

using namespace linnet;
using namespace linnet::support;
using nlohmann::json;
using Words = std::vector<std::string>;

const std::string kModel = LINNET_SOURCE_DIR "/models/g2p/g2p.int8.linnet";

json golden() {
  std::ifstream in(LINNET_SOURCE_DIR "/tests/golden/g2p.json");
  return json::parse(in);
}

Words say(const std::string& words, const Words& more = {}) {
  Words call{"translate", "-m", kModel, "--quiet"};
  call.insert(call.end(), more.begin(), more.end());
  const Ended ended = run("linnet", call, {.input = words});
  CAPTURE(ended.said);
  REQUIRE(ended.code == 0);
  const auto lines = tools::lines_of(ended.out);
  return Words(lines.begin(), lines.end());
}

TEST_CASE("g2p says the words that it was not trained on as its float32 weights do") {
  const json cases = golden();
  REQUIRE(cases.size() == 21);
  std::string words;
  for (const json& c : cases) words += c["word"].get<std::string>() + "\n";
  const Words said = say(words, {"-b", "1", "--scores", "--length-penalty", "0"});
  REQUIRE(said.size() == cases.size());
  int equal = 0;
  double farthest = 0;
  for (std::size_t i = 0; i < said.size(); ++i) {
    const json& c = cases[i];
    std::string want;
    for (const json& token : c["tokens"]) want += token.get<std::string>() + " ";
    if (!said[i].starts_with(want + "||| ")) continue;
    ++equal;
    const double got = std::stod(said[i].substr(want.size() + 4));
    farthest = std::max(farthest, std::fabs(got - c["log_probability"].get<double>()));
  }
  CHECK(equal >= 20);  // a near tie may fall the other way
  CHECK(farthest < 0.05);
}

TEST_CASE("the first logits of g2p are near those of its float32 weights") {
  auto model = Model::open(kModel);
  REQUIRE(model);
  auto lanes =
      generate::Lanes::open(model->transformer(), {.positions = 8, .source_positions = 64});
  REQUIRE(lanes);
  int compared = 0;
  for (const json& c : golden()) {
    if (!c.contains("first_logits")) continue;
    const std::vector<int> source = c["source"];
    const std::span<const int> view(source);
    lanes->encode({&view, 1});
    const std::vector<float> want = c["first_logits"];
    lanes->feed(0, model->spec().sequences.start, [&](int, std::span<const float> got) {
      REQUIRE(got.size() == want.size());
      float largest = 0, distance = 0;
      for (std::size_t i = 0; i < want.size(); ++i) {
        largest = std::max(largest, std::fabs(want[i]));
        distance = std::max(distance, std::fabs(got[i] - want[i]));
      }
      CHECK(distance < 0.03f * largest);
    });
    ++compared;
  }
  CHECK(compared == 3);
}

TEST_CASE("g2p says one word in small letters and in capitals, and several ways") {
  const json last = golden().back();
  REQUIRE(last["word"] == "linnet");
  std::string want;
  for (const json& token : last["tokens"])
    want += (want.empty() ? "" : " ") + token.get<std::string>();
  CHECK(say("linnet\nLINNET\nLinnet\n") == Words{want, want, want});
  const Words three = say("linnet\n", {"--n-best", "3", "--scores"});
  REQUIRE(three.size() == 3);
  CHECK(three[0].starts_with("0 ||| " + want + " ||| -"));
  CHECK(std::set<std::string>(three.begin(), three.end()).size() == 3);
}

}  // namespace
