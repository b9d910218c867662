#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/engine.h"
#include "engine/generate/sampler.h"
#include "tests/support/assets.h"
#include "tests/support/scratch.h"
#include "tests/tools/linnet/peak.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"

namespace {

using namespace linnet::support;
using nlohmann::json;

json info(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"info", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  const Ended ended = run("linnet", words);
  CAPTURE(ended.said);
  REQUIRE(ended.code == 0);
  return json::parse(ended.out);
}

TEST_CASE("info tells the settings, the tensors and what a session asks of the allocator") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_writer());
  const json all = info({"-m", model});
  CHECK(all["bytes"] == contents(model).size());
  CHECK(all["settings"]["decoder.d_model"] == 48);
  CHECK(all["settings"]["family"] == "llama");
  CHECK(all["settings"]["tokenizer.tokens"]["length"] == 288);
  CHECK(all["tensors"].size() == 21);
  const auto opened = linnet::Model::open(model);
  REQUIRE(opened);
  for (const int context : {200, 77, 100000})
    for (const auto& [type, cache] : std::vector<std::pair<std::string, linnet::model::PageType>>{
             {"f16", linnet::model::PageType::f16},
             {"f32", linnet::model::PageType::f32},
             {"int8", linnet::model::PageType::int8}}) {
      const json memory =
          info({model, "-c", std::to_string(context), "--cache-type", type})["memory"];
      const auto need = linnet::generate::Session::needs(opened->transformer(),
                                                         {.context = context, .cache = cache});
      REQUIRE(need);
      CHECK(memory["cache_bytes"] == need->cache);
      CHECK(memory["workspace_bytes"] == need->workspace);
      CHECK(memory["run_bytes"].get<std::int64_t>() ==
            need->total() + linnet::generate::Sampler::memory(288) +
                memory["tables_bytes"].get<std::int64_t>());
      CHECK(memory["total_bytes"].get<std::int64_t>() ==
            memory["run_bytes"].get<std::int64_t>() + all["bytes"].get<std::int64_t>());
    }
}

TEST_CASE("info for people has every tensor and the same figure as for programs") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_writer());
  const Ended ended = run("linnet", {"info", model});
  CHECK(ended.code == 0);
  const json all = info({model});
  for (const json& tensor : all["tensors"])
    CHECK(ended.out.find(tensor["name"].get<std::string>()) != std::string::npos);
  CHECK(ended.out.find(std::to_string(all["memory"]["run_bytes"].get<std::int64_t>()) + " bytes") !=
        std::string::npos);
}

TEST_CASE("verify accepts a sound file and names the tensor of a damaged one") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_writer());
  CHECK(run("linnet", {"verify", model}).code == 0);
  std::string bytes = contents(model);
  bytes[bytes.size() - 3000] = static_cast<char>(bytes[bytes.size() - 3000] ^ 1);
  const Ended damaged = run("linnet", {"verify", "-m", scratch.write("damaged", bytes), "--json"});
  CHECK(damaged.code == 6);
  CHECK(damaged.said.find("tensor") != std::string::npos);
  CHECK(json::parse(damaged.out)["code"] == 6);
  bytes = contents(model);
  bytes[100] = static_cast<char>(bytes[100] ^ 1);
  CHECK(run("linnet", {"verify", scratch.write("head", bytes)}).code != 0);
}

TEST_CASE("selftest finds every table sound, and a model's number does not depend on the table") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_writer());
  const Ended plain = run("linnet", {"selftest", "-m", model},
                          {.input = "", .environment = {"LINNET_ISA=reference"}});
  CHECK(plain.code == 0);
  CHECK(plain.out.find("reference   as on every machine") != std::string::npos);
  CHECK(plain.out.find("DIFFERS") == std::string::npos);
  const Ended other = run("linnet", {"selftest", "-m", model, "-t", "2"});
  CHECK(other.out == plain.out);
  CHECK(other.out.find("logits      ") != std::string::npos);
}

TEST_CASE("bench measures a random shape and prints as many rows as it was asked for") {
  const std::vector<std::string> call = {
      "bench", "--shape", "64,2,4,2,96,300", "-p", "1,9", "-n", "3", "-t", "1,2", "--repeats", "2"};
  const Ended table = run("linnet", call);
  CAPTURE(table.said);
  CHECK(table.code == 0);
  CHECK(std::count(table.out.begin(), table.out.end(), '\n') == 4 + 6);
  std::vector<std::string> as_json = call;
  as_json.insert(as_json.end(), {"--json", "--type", "f32", "--quiet"});
  const Ended lines = run("linnet", as_json);
  CHECK(lines.said == "");
  std::istringstream in(lines.out);
  int rows = 0;
  for (std::string line; std::getline(in, line);) {
    const json row = json::parse(line);
    if (row["event"] != "timing") continue;
    ++rows;
    CHECK(row["unit"] == "tokens/s");
    CHECK(row["median"].get<double>() > 0);
    CHECK(row["slowest"] <= row["median"]);
    CHECK(row["median"] <= row["fastest"]);
  }
  CHECK(rows == 6);
}

TEST_CASE("perplexity is that of every token but the first, predicted within its window") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_writer());
  const std::string text =
      scratch.write("text", "\n\nthe cat sat on the mat\nand slept\n\n##\n##\na dog.\n##\n");
  const auto opened = linnet::Model::open(model);
  REQUIRE(opened);
  // By hand: every prediction from a context of its own.
  const int window = 7;
  double nats = 0;
  int count = 0;
  for (const char* document : {"the cat sat on the mat\nand slept", "a dog."}) {
    const std::vector<int> tokens = opened->tokenizer()->encode(document);
    for (int i = 1; i < static_cast<int>(tokens.size()); ++i, ++count) {
      auto session = linnet::generate::Session::open(opened->transformer(), {.context = window});
      REQUIRE(session);
      const int first = (i - 1) / window * window;
      REQUIRE(session->feed(std::span(tokens).subspan(static_cast<std::size_t>(first),
                                                      static_cast<std::size_t>(i - first))));
      double sum = 0;
      for (const float logit : session->logits()) sum += std::exp(static_cast<double>(logit));
      const int token = tokens[static_cast<std::size_t>(i)];
      nats +=
          std::log(sum) - static_cast<double>(session->logits()[static_cast<std::size_t>(token)]);
    }
  }
  const Ended ended = run("linnet", {"perplexity", "-m", model, "-f", text, "--separator", "##",
                                     "--window", "7", "--json"});
  CAPTURE(ended.said);
  REQUIRE(ended.code == 0);
  const json result = json::parse(ended.out);
  CHECK(result["documents"] == 2);
  CHECK(result["tokens"] == count);
  CHECK(result["mean_nll"].get<double>() == doctest::Approx(nats / count).epsilon(1e-6));
  CHECK(result["perplexity"].get<double>() ==
        doctest::Approx(std::exp(nats / count)).epsilon(1e-6));
  CHECK(run("linnet", {"perplexity", "-m", model, "--window", "201"}, {.input = "a"}).code == 4);
}

TEST_CASE("a run takes at most the file, what info says and 4 MB") {
  const std::string model = LINNET_SOURCE_DIR "/models/tales/tales.int8.linnet";
  for (const char* threads : {"1", "2"})
    for (const char* context : {"64", "512"}) {
      const std::optional<std::int64_t> peak =
          peak_of({"generate", "-m", model, "-p", "", "-n", context, "-t", threads, "-c", context});
      if (!peak) return;
      CHECK(*peak <=
            info({model, "-c", context})["memory"]["total_bytes"].get<std::int64_t>() + (4 << 20));
    }
}

void convert_stories(const std::filesystem::path& stories, const std::string& model,
                     const char* type) {
  const Ended converted =
      run("linnet-convert", {(stories / "stories260K.bin").string(), "--tokenizer",
                             (stories / "tok512.bin").string(), "-o", model, "--type", type});
  CAPTURE(converted.said);
  REQUIRE(converted.code == 0);
}

TEST_CASE("stories260K in f32 writes the text of its own engine, and info bounds the memory") {
  const auto folder = assets();
  if (!folder) return;
  const Scratch scratch;
  const std::filesystem::path stories = *folder / "stories260K";
  const std::string model = scratch.path("stories");
  convert_stories(stories, model, "f32");
  const std::vector<std::string> call = {"generate", "-m", model, "-p", "",
                                         "--temp",   "0",  "-n",  "200"};
  std::vector<std::string> quiet = call;
  quiet.push_back("--quiet");
  const Ended story = run("linnet", quiet);
  CHECK(story.said == "");
  CHECK(story.out.starts_with(contents((stories / "expected_greedy.txt").string())));
  if (const std::optional<std::int64_t> peak = peak_of(call))
    CHECK(*peak <= info({model})["memory"]["total_bytes"].get<std::int64_t>() + (4 << 20));
}

TEST_CASE("stories260K in int8 finds its story as likely, in int4 nearly so") {
  const auto folder = assets();
  if (!folder) return;
  const Scratch scratch;
  const std::filesystem::path stories = *folder / "stories260K";
  const std::string model = scratch.path("stories");
  const auto nats = [&](const char* type) {
    convert_stories(stories, model, type);
    const Ended judged = run("linnet", {"perplexity", "-m", model, "--json", "-f",
                                        (stories / "expected_greedy.txt").string()});
    return nlohmann::json::parse(judged.out)["mean_nll"].get<double>();
  };
  const double floats = nats("f32");
  CHECK(std::fabs(nats("int8") / floats - 1) < 0.02);
  CHECK(std::fabs(nats("int4") / floats - 1) < 0.2);
}

}  // namespace
