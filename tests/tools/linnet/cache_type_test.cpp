#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/support/fastest.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_translator.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"

// How keys and values are kept: --cache-type.
namespace {

using namespace linnet::support;
using nlohmann::json;
using Words = std::vector<std::string>;

constexpr const char* kTales = LINNET_SOURCE_DIR "/models/tales/tales.int8.linnet";

std::string out_of(const Words& call, const std::string& input = "",
                   const Words& environment = {}) {
  const Ended ended = run("linnet", call, {.input = input, .environment = environment});
  CAPTURE(ended.said);
  REQUIRE(ended.code == 0);
  return ended.out;
}

TEST_CASE("Every command that keeps keys and values names the three ways, in help and refusals") {
  for (const char* command : {"generate", "translate", "score", "perplexity", "bench", "info"}) {
    CAPTURE(command);
    CHECK(out_of({command, "--help"}).find("--cache-type f16|f32|int8") != std::string::npos);
    for (const char* wrong : {"int4", "INT8", "i8", ""}) {
      const Ended ended = run("linnet", {command, "-m", "x", "--cache-type", wrong});
      CHECK(ended.code == 2);
      for (const char* name : {"--cache-type", "f16", "f32", "int8"})
        CHECK(ended.said.find(name) != std::string::npos);
    }
  }
}

TEST_CASE("A story with int8 pages is the same on every table, on one thread and on two") {
  if (!fastest_is_active()) return;  // each run compares with the plain table
  const Words call = {"generate", "-m",     kTales, "-p",      "Once upon a time", "-n",
                      "32",       "--temp", "0",    "--quiet", "--cache-type",     "int8"};
  const std::string story = out_of(with(call, {"-t", "1"}));
  CHECK(story.size() > 80);
  CHECK(out_of(with(call, {"-t", "2"})) == story);
  CHECK(out_of(call, "", {"LINNET_ISA=reference"}) == story);
  const Words beams = with(call, {"-b", "3", "-n", "20"});
  CHECK(out_of(beams) == out_of(beams, "", {"LINNET_ISA=reference"}));
}

TEST_CASE("Translations with int8 pages do not depend on their batch or on threads") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_translator());
  const Words call = {"translate", "-m", model, "-n", "9", "--quiet", "--cache-type", "int8"};
  const std::string sources = "linnet\nfinch\nzebra finch\nb\nlinnet\n";
  const std::string together = out_of(call, sources);
  CHECK(std::count(together.begin(), together.end(), '\n') == 5);
  CHECK(out_of(with(call, {"-t", "2", "--batch-tokens", "8"}), sources) == together);
  CHECK(out_of(with(call, {"--alignments"}), sources) ==
        out_of(with(call, {"--alignments", "-t", "2"}), sources));
}

// Measured: f32 and int8 pages differ by less than a thousandth.
TEST_CASE("int8 pages hardly change how likely a model finds a text, and take 9/16 of f16") {
  if (!fastest_is_active()) return;
  const auto asked = [](const char* command, const Words& more) {
    return json::parse(out_of(with({command, "-m", kTales, "--json"}, more)));
  };
  const Scratch scratch;
  const std::string text =
      scratch.write("text", contents(LINNET_SOURCE_DIR "/README.md").substr(0, 2000));
  const auto nats = [&](const char* type) {
    return asked("perplexity",
                 {"-f", text, "--quiet", "--window", "128", "--cache-type", type})["mean_nll"]
        .get<double>();
  };
  const double exact = nats("f32"), near = nats("int8");
  CHECK(near != exact);
  CHECK(std::fabs(near / exact - 1) < 0.005);
  const auto bytes = [&](const char* type) {
    return asked("info", {"--cache-type", type})["memory"]["cache_bytes"].get<double>();
  };
  // Heads of 32: 32 integers and a scale of 4 bytes, beside 32 numbers of 2 bytes.
  CHECK(bytes("int8") / bytes("f16") == doctest::Approx(36.0 / 64).epsilon(0.002));
}

}  // namespace
