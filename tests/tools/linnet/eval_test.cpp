#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/scratch.h"
#include "tests/tools/linnet/metrics/golden.h"
#include "tests/tools/linnet/program.h"
#include "tools/common/version.h"
#include "tools/linnet/line_files.h"

namespace {

using namespace linnet::support;
using nlohmann::json;

Ended eval(const std::vector<std::string>& more, const std::string& input = "") {
  std::vector<std::string> words = {"eval"};
  words.insert(words.end(), more.begin(), more.end());
  return run("linnet", words, {.input = input});
}

// sacreBLEU's line with our version.
std::string ours(std::string line) {
  return line.replace(line.find("VERSION"), 7, "linnet-" + std::string(linnet::tools::version())) +
         "\n";
}

TEST_CASE("eval prints the lines that sacreBLEU prints, but for the version") {
  for (const json& one : golden_metrics()["files"]) {
    std::vector<std::string> flags = {"-i", golden_metric_path("hypotheses.txt")};
    for (const std::string name : one["references"])
      flags.insert(flags.end(), {"-r", golden_metric_path(name)});
    if (one["lowercase"]) flags.push_back("--lowercase");
    const json& scores = one["scores"];
    const Ended plain = eval(flags);
    CHECK(plain.said == "");
    CHECK(plain.out == ours(scores["bleu"]["line"]) + ours(scores["chrf0"]["line"]));
    flags.insert(flags.end(), {"--metric", "chrf", "--chrf-word-order", "2"});
    CHECK(eval(flags).out == ours(scores["chrf2"]["line"]));
  }
}

TEST_CASE("eval writes one event for each metric, with the same numbers in full") {
  const json& scores = golden_metrics()["files"][0]["scores"];
  const Ended ended =
      eval({"-i", golden_metric_path("hypotheses.txt"), "-r", golden_metric_path("reference.txt"),
            "--json", "--metric", "bleu,chrf,token-error,line-error"});
  std::istringstream lines(ended.out);
  std::vector<json> events;
  for (std::string line; std::getline(lines, line);) events.push_back(json::parse(line));
  REQUIRE(events.size() == 4);
  CHECK(events[0]["score"].get<double>() == doctest::Approx(scores["bleu"]["score"].get<double>()));
  CHECK(events[0]["reference_length"] == scores["bleu"]["lengths"][1]);
  CHECK(events[0]["precisions"].size() == 4);
  CHECK(events[1]["score"].get<double>() ==
        doctest::Approx(scores["chrf0"]["score"].get<double>()));
  CHECK(events[2]["metric"] == "token-error");
  CHECK(events[3]["lines"] == 120);
}

TEST_CASE("eval judges pronunciations by the nearest alternative, with stress and without") {
  const Scratch scratch;
  const std::string wanted =
      scratch.write("wanted", "T AH0 M EY1 T OW2\tT AH0 M AA1 T OW2\nR IY1 D\tR EH1 D\nAH0\n");
  const std::string said = "T AH0 M AA1 T OW0\nR EH1 D\nEY1\n";
  const std::vector<std::string> flags = {"-r", wanted, "--tabs", "--metric",
                                          "token-error,line-error"};
  CHECK(eval(flags, said).out ==
        "token error = 20.00 % (2 edits, 10 tokens)\nline error = 66.67 % (2 of 3 lines)\n");
  std::vector<std::string> plain = flags;
  plain.push_back("--strip-digits");
  CHECK(eval(plain, said).out ==
        "token error = 10.00 % (1 edits, 10 tokens)\nline error = 33.33 % (1 of 3 lines)\n");
}

TEST_CASE("eval tells a varying number of references in the signature") {
  const Scratch scratch;
  const std::string wanted = scratch.write("wanted", "a b\ta c\t\nd e\n");
  const Ended ended = eval({"-r", wanted, "--tabs", "--metric", "chrf"}, "a c\nd e\n");
  CHECK(ended.out.find("nrefs:var|") != std::string::npos);
  CHECK(ended.out.find(" = 100.00\n") != std::string::npos);
}

TEST_CASE("eval refuses files that differ in length with both names and both numbers") {
  const Scratch scratch;
  const std::string said = scratch.write("said", "a\nb\nc");
  const std::string wanted = scratch.write("wanted", "a\nb\n");
  const Ended ended = eval({"-i", said, "-r", said, "-r", wanted});
  CHECK(ended.code == 3);
  CHECK(ended.out == "");
  for (const std::string& part : {said + " has 3 lines", wanted + " has 2"})
    CHECK_MESSAGE(ended.said.find(part) != std::string::npos, ended.said);
}

TEST_CASE("eval refuses what it cannot compare") {
  const Scratch scratch;
  const std::string some = scratch.write("some", "a\n");
  const std::string none = scratch.write("none", "");
  CHECK(eval({"-i", some, "-r", scratch.path("missing")}).code == 5);
  CHECK(eval({"-i", none, "-r", none}).code == 2);
  CHECK(eval({"-i", some}).code == 2);
  CHECK(eval({"-r", "-"}).code == 2);
  CHECK(eval({"-i", some, "-r", some, "--metric", "bleu,ter"}).code == 2);
  CHECK(eval({"-i", some, "-r", some, "--metric", ""}).code == 2);
  CHECK(eval({"-i", some, "-r", some, "--strip-digits"}).code == 2);
  CHECK(eval({"-i", some, "-r", some, "--chrf-word-order", "3"}).code == 2);
}

TEST_CASE("eval refuses a line above the limit with the file and its number") {
  const Scratch scratch;
  const std::string fits(static_cast<std::size_t>(linnet::tools::kLineBytes), 'x');
  const std::string said = scratch.write("said", "a\n" + fits + "\n");
  CHECK(eval({"-i", said, "-r", said, "--metric", "bleu"}).code == 0);
  const std::string wanted = scratch.write("wanted", "a\n" + fits + "x\n");
  const Ended ended = eval({"-i", said, "-r", wanted, "--metric", "bleu"});
  CHECK(ended.code == 4);
  CHECK_MESSAGE(ended.said.find(wanted + ": line 2 ") != std::string::npos, ended.said);
}

TEST_CASE("Lines end with a newline or with the text, alternatives with a tab") {
  using Views = std::vector<std::string_view>;
  using linnet::tools::alternatives_of;
  using linnet::tools::lines_of;
  CHECK(lines_of("") == Views{});
  CHECK(lines_of("a") == Views{"a"});
  CHECK(lines_of("\n") == Views{""});
  CHECK(lines_of("a\n\nb\r\n") == Views{"a", "", "b\r"});
  CHECK(alternatives_of("") == Views{""});
  CHECK(alternatives_of("\t") == Views{""});
  CHECK(alternatives_of("a b\tc\t") == Views{"a b", "c"});
}

}  // namespace
