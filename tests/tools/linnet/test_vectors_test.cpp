#include <doctest/doctest.h>

#include <filesystem>

#include "tests/support/assets.h"
#include "tests/tools/convert/files.h"
#include "tests/tools/convert/gguf_file.h"
#include "tests/tools/linnet/program.h"

using namespace linnet;
using support::Ended;

namespace {

// A tokenizer that knows the blank (6), which begins every text, "a", "b" and "ab".
std::string tiny_vocabulary(const support::Scratch& scratch) {
  support::GgufFile file;
  file.text("tokenizer.ggml.model", "llama");
  file.texts("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "a", "b", "ab", "\xE2\x96\x81"});
  file.integers("tokenizer.ggml.token_type", {2, 3, 3, 1, 1, 1, 1});
  file.reals("tokenizer.ggml.scores", {0, 0, 0, -2, -2, -1, -3});
  return scratch.write("v.gguf", file.bytes());
}

}  // namespace

TEST_CASE("test vectors are checked at conversion, kept in the file and checked by verify") {
  const support::Scratch scratch;
  const std::string in = tiny_vocabulary(scratch), out = scratch.path("v.linnet");
  const std::string good = scratch.write(
      "good.jsonl",
      "{\"text\": \"abba\", \"ids\": [6, 5, 4, 3]}\n\n{\"ids\": [], \"text\": \"\"}\n");
  const Ended made =
      support::run("linnet-convert", {in, "-o", out, "--test-vectors", good, "--json"});
  CAPTURE(made.said);
  REQUIRE(made.code == 0);
  CHECK(made.out.find("\"test_vectors\":2") != std::string::npos);
  const Ended verified = support::run("linnet", {"verify", out});
  CHECK(verified.code == 0);
  CHECK(verified.out.find("2 test vectors") != std::string::npos);
  CHECK(support::run("linnet", {"info", out}).out.find("tokenizer.test_texts") !=
        std::string::npos);
}

TEST_CASE("a test vector that does not hold ends the conversion with 6 and leaves no file") {
  const support::Scratch scratch;
  const std::string in = tiny_vocabulary(scratch), out = scratch.path("v.linnet");
  const std::string bad = scratch.write("bad.jsonl",
                                        "{\"text\": \"a\", \"ids\": [6, 3]}\n"
                                        "{\"text\": \"abba\", \"ids\": [3, 4, 4, 3]}\n");
  const Ended ended = support::run("linnet-convert", {in, "-o", out, "--test-vectors", bad});
  CHECK(ended.code == 6);
  CHECK(ended.said.find("bad.jsonl: test vector 2: the tokenizer makes 6 5 4 3 of \"abba\", and it "
                        "should be 3 4 4 3") != std::string::npos);
  CHECK(!std::filesystem::exists(out));
}

TEST_CASE("files of test vectors that make no sense are refused by line") {
  const support::Scratch scratch;
  const std::string in = tiny_vocabulary(scratch), out = scratch.path("v.linnet");
  const auto refused = [&](const char* contents, const char* sentence) {
    const std::string file = scratch.write("t.jsonl", contents);
    const Ended ended = support::run("linnet-convert", {in, "-o", out, "--test-vectors", file});
    CAPTURE(contents);
    CAPTURE(ended.said);
    CHECK(ended.said.find(sentence) != std::string::npos);
    CHECK(!std::filesystem::exists(out));
    return ended.code;
  };
  CHECK(refused("", "t.jsonl has no test vectors") == 3);
  CHECK(refused("{\"text\": \"a\", \"ids\": [3]}\n{", "t.jsonl, line 2") == 3);
  CHECK(refused("{\"ids\": [3]}", "line 1: there is no \"text\"") == 3);
  CHECK(refused("{\"text\": \"a\"}", "line 1: there is no list of \"ids\"") == 3);
  CHECK(refused("{\"text\": \"a\", \"ids\": [-3]}", "line 1: an id is not a whole number") == 3);
  CHECK(refused("{\"text\": \"a\", \"ids\": [3], \"id\": 1}", "'id' is not expected") == 3);
  CHECK(refused("{\"text\": \"a\", \"ids\": [3], \"source\": true}", "one for both") == 2);
  CHECK(support::run("linnet-convert",
                     {in, "-o", out, "--test-vectors", scratch.path("absent.jsonl")})
            .code == 5);
  const std::string pair = scratch.write("p.inp", "a\n__ggml_vocab_test__\nb");
  scratch.write("p.out", " 3\n");
  const Ended unequal = support::run("linnet-convert", {in, "-o", out, "--test-vectors", pair});
  CHECK(unequal.code == 3);
  CHECK(unequal.said.find("p.out has 1 lines, and") != std::string::npos);
}

TEST_CASE("llama.cpp's own vectors are kept by the vocabularies that they are of") {
  const auto assets = support::assets();
  if (!assets) return;
  const std::string folder = (*assets / "tokenizers/llama.cpp-vocabs").string();
  const support::Scratch scratch;
  for (const char* name : {"llama-spm", "gpt-2", "bert-bge"}) {
    CAPTURE(name);
    const std::string in = folder + "/ggml-vocab-" + name + ".gguf", out = scratch.path(name);
    const Ended made =
        support::run("linnet-convert", {in, "-o", out, "--test-vectors", in + ".inp"});
    CAPTURE(made.said);
    CHECK(made.code == 0);
    CHECK(made.said.find("46 test vectors hold") != std::string::npos);
    CHECK(support::run("linnet", {"verify", out}).out.find("46 test vectors") != std::string::npos);
  }
}
