// bench of encoders alone, so small that its figures mean nothing.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/encode/encoder.h"
#include "kernels/kernels.h"
#include "tests/support/fastest.h"
#include "tests/support/tiny_model.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"
#include "tools/linnet/bench_runs.h"
#include "tools/linnet/bench_work.h"

namespace {

using namespace linnet;
using namespace linnet::support;
using nlohmann::json;
using Words = std::vector<std::string>;

constexpr int kLayers = 2, kWidth = 48, kInner = 100, kPositions = 40;

core::Bundle tiny_reader() {
  model::Spec spec = tiny_gpt2();
  spec.family = "bert";
  spec.tied_head = false;
  spec.head = model::Head::none;
  spec.token_types = 2;
  spec.encoder = spec.decoder;
  spec.decoder = {};
  model::Stack& s = spec.encoder;
  s.layers = kLayers;
  s.d_model = kWidth;
  s.d_ff = kInner;
  s.heads = s.kv_heads = 4;
  s.positions = kPositions;
  return tiny_model(spec, core::Dtype::i8);
}

struct Reader {
  Words bench(const Words& more) const {
    return with({"bench", "--repeats", "1", "-m", file}, more);
  }

  Scratch folder;
  std::string file = write(folder, "reader.linnet", tiny_reader());
};

std::vector<json> rows(const Reader& reader, const Words& more) {
  const Ended ended = run("linnet", with(reader.bench(more), {"--json"}));
  CAPTURE(ended.said);
  CHECK(ended.code == 0);
  std::vector<json> all;
  std::istringstream in(ended.out);
  for (std::string line; std::getline(in, line);)
    if (json row = json::parse(line); row["event"] == "timing") all.push_back(std::move(row));
  return all;
}

TEST_CASE("An encoder alone has a row for each length, batch and number of threads") {
  if (!fastest_is_active()) return;
  const Reader reader;
  std::vector<std::pair<std::string, int>> seen;
  for (const json& row : rows(reader, {"--text-tokens", "5,40", "--batch", "1,3", "-t", "1,2"})) {
    seen.emplace_back(row["test"], row["threads"]);
    CHECK(row["unit"] == "tokens/s");
    CHECK(row["median"].get<double>() > 0);
    CHECK(row["percent_of_limit"].get<double>() > 0);
    CHECK(row["model"] == reader.file);
  }
  CHECK(seen == std::vector<std::pair<std::string, int>>{{"text 5", 1},
                                                         {"text 40", 1},
                                                         {"text 5, batch 3", 1},
                                                         {"text 40, batch 3", 1},
                                                         {"text 5", 2},
                                                         {"text 40", 2},
                                                         {"text 5, batch 3", 2},
                                                         {"text 40, batch 3", 2}});
}

TEST_CASE("A row of an encoder counts the tokens of all its texts, and one pass over its weights") {
  const auto model = Model::from(tiny_reader(), "tiny");
  REQUIRE(model);
  std::vector<tools::Timing> timings;
  const tools::ReadingRuns runs{.texts = {7}, .batches = {5}, .threads = {1}, .repeats = 2};
  REQUIRE(tools::time_readings(
      *model, runs, [&](const tools::Timing& timing) { timings.push_back(timing); },
      [] { return false; }));
  REQUIRE(timings.size() == 1);
  CHECK(timings[0].amount == 35);
  CHECK(timings[0].seconds.size() == 2);
  CHECK(timings[0].work.i8 == 35.0 * 2 * kLayers * (4 * kWidth * kWidth + 2 * kWidth * kInner));
  CHECK(timings[0].work.bytes == tools::work_of(*model).encoder.bytes);
}

TEST_CASE("What is stopped before has no rows") {
  const auto model = Model::from(tiny_reader(), "tiny");
  REQUIRE(model);
  const tools::ReadingRuns runs{.texts = {7}, .batches = {1}, .threads = {1}};
  CHECK(tools::time_readings(
      *model, runs, [](const tools::Timing&) { FAIL("a row"); }, [] { return true; }));
}

TEST_CASE("Texts that are too long for an encoder, or too many, are refused") {
  const Reader reader;
  const Ended longer = run("linnet", reader.bench({"--text-tokens", "41"}));
  CHECK(longer.code == 4);
  CHECK(longer.said.find("41 positions are more than the 40") != std::string::npos);
  CHECK(run("linnet", reader.bench({"--text-tokens", "0"})).code == 2);
  CHECK(run("linnet", reader.bench({"--text-tokens", "40", "--batch", "4097"})).code == 2);
}

TEST_CASE("Flags of models that write are refused for an encoder, and its own for those") {
  const Reader reader;
  for (const Words& more :
       {Words{"-p", "5"}, {"-n", "5"}, {"-d", "5"}, {"-b", "2"}, {"--source-tokens", "5"}}) {
    const Ended ended = run("linnet", reader.bench(more));
    CAPTURE(more[0]);
    CHECK(ended.code == 2);
    CHECK(ended.out == "");
    CHECK(ended.said.find(" is not for an encoder alone") != std::string::npos);
  }
  for (const Words& subject :
       {Words{"--shape", "64,2,4,2,96,300"}, {"--seq2seq-shape", "64,1,1,4,128,300"}}) {
    const Ended ended =
        run("linnet", with({"bench", "--repeats", "1", "--text-tokens", "5"}, subject));
    CHECK(ended.code == 2);
    CHECK(ended.said.find("--text-tokens is not for ") != std::string::npos);
  }
}

}  // namespace
