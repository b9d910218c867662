#include <doctest/doctest.h>

#include "tests/tools/convert/files.h"
#include "tests/tools/convert/gguf_file.h"
#include "tests/tools/linnet/program.h"
#include "tools/convert/convert.h"

using namespace linnet;
using support::Ended;

TEST_CASE("info and verify open a file with a tokenizer only, and what would run it ends with 3") {
  support::GgufFile file;
  file.text("tokenizer.ggml.model", "llama");
  file.texts("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "a"});
  file.integers("tokenizer.ggml.token_type", {2, 3, 3, 1});
  file.reals("tokenizer.ggml.scores", {0, 0, 0, -1});
  const support::Scratch scratch;
  const std::string out = scratch.path("v.linnet");
  const auto report =
      convert::convert({.input = scratch.write("v.gguf", file.bytes()), .output = out});
  REQUIRE_MESSAGE(report, support::why(report));
  const char* sentence = "v.linnet: it holds a tokenizer and no model";
  const Ended info = support::run("linnet", {"info", out});
  CHECK(info.code == 0);
  CHECK(info.out.find("tokenizer.tokens") != std::string::npos);
  CHECK(info.said.find(sentence) != std::string::npos);
  CHECK(support::run("linnet", {"info", out, "--json"}).code == 0);
  CHECK(support::run("linnet", {"verify", out}).code == 0);
  for (const char* command : {"generate", "perplexity", "translate", "bench"}) {
    const Ended run = support::run("linnet", {command, "-m", out}, {.input = "a\n"});
    CAPTURE(run.said);
    CHECK(run.code == 3);
    CHECK(run.said.find(sentence) != std::string::npos);
  }
}
