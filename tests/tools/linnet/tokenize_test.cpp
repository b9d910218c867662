#include <doctest/doctest.h>

#include "tests/tools/convert/files.h"
#include "tests/tools/linnet/program.h"

using namespace linnet;
using support::Ended;

namespace {

// A WordPiece vocabulary, which linnet-convert takes alone.
std::string word_pieces(const support::Scratch& scratch) {
  const std::string in =
      scratch.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nday\n##s\n.\n");
  const std::string out = scratch.path("v.linnet");
  const Ended made = support::run("linnet-convert", {in, "-o", out, "--quiet"});
  CAPTURE(made.said);
  REQUIRE(made.code == 0);
  return out;
}

}  // namespace

TEST_CASE("tokenize gives a line of ids for each line, and their text for ids") {
  const support::Scratch scratch;
  const std::string model = word_pieces(scratch);
  const Ended ids =
      support::run("linnet", {"tokenize", "-m", model}, {.input = "a days.\n\nDay\n"});
  CHECK(ids.code == 0);
  CHECK(ids.out == "5 6 7 8\n\n6\n");
  const Ended text =
      support::run("linnet", {"tokenize", "-m", model, "--decode"}, {.input = "5 6 7 8\n\n6\n"});
  CHECK(text.code == 0);
  CHECK(text.out == "a days.\n\nday\n");
}

TEST_CASE("tokenize shows marks, pieces and events where they are asked for") {
  const support::Scratch scratch;
  const std::string model = word_pieces(scratch);
  const auto said = [&](std::vector<std::string> flags) {
    const Ended ended = support::run(
        "linnet", support::with({"tokenize", "-m", model, "-p", "days[MASK]"}, std::move(flags)));
    CHECK(ended.code == 0);
    return ended.out;
  };
  CHECK(said({}) == "6 7 1 1 1\n");
  CHECK(said({"--special"}) == "6 7 4\n");
  CHECK(said({"--special", "--marks"}) == "2 6 7 4 3\n");
  CHECK(said({"--special", "--pieces"}) == "\" day\" \"s\" \"[MASK]\"\n");
  CHECK(said({"--special", "--pieces", "--json"}) ==
        "{\"event\":\"result\",\"line\":0,\"text\":\"days[MASK]\",\"ids\":[6,7,4],"
        "\"pieces\":[\" day\",\"s\",\"[MASK]\"]}\n");
}

TEST_CASE("tokenize takes a whole file as one text") {
  const support::Scratch scratch;
  const std::string model = word_pieces(scratch);
  const std::string file = scratch.write("text", "a\nday\n");
  const Ended ended = support::run("linnet", {"tokenize", "-m", model, "-f", file});
  CHECK(ended.code == 0);
  CHECK(ended.out == "5 6\n");
}

TEST_CASE("tokenize refuses what is no id, a tokenizer that is not there, and flags at odds") {
  const support::Scratch scratch;
  const std::string model = word_pieces(scratch);
  const auto refused = [&](std::vector<std::string> flags, const char* sentence) {
    const Ended ended =
        support::run("linnet", support::with({"tokenize", "-m", model, "-p", "5 x"}, flags));
    CAPTURE(ended.said);
    CHECK(ended.said.find(sentence) != std::string::npos);
    CHECK(ended.out.empty());
    return ended.code;
  };
  CHECK(refused({"--decode"}, "--prompt: 'x' is not a token id") == 2);
  CHECK(support::run("linnet", {"tokenize", "-m", model, "--decode"}, {.input = "5\n9\n"})
            .said.find("standard input: line 2: the token 9, and the vocabulary ends at 8") !=
        std::string::npos);
  CHECK(refused({"--source"}, "its sources have no tokenizer of their own") == 2);
  CHECK(refused({"--decode", "--marks"}, "--marks") == 2);
  CHECK(support::run("linnet", {"tokenize", "-m", scratch.path("absent")}).code == 5);
}
