#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/scratch.h"
#include "tests/support/slow.h"
#include "tests/support/tiny_translator.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"

namespace {

using namespace linnet::support;
using nlohmann::json;
using Words = std::vector<std::string>;

// Runs `linnet translate` on a tiny model.
struct Translator {
  Scratch scratch;
  std::string model = write(scratch, "model", tiny_translator());

  Ended ask(const std::string& input, const Words& more = {}) const {
    return run("linnet", with({"translate", "-m", model, "--quiet", "-n", "9"}, more),
               {.input = input});
  }
  Words lines(const std::string& input, const Words& more = {}) const {
    const Ended ended = ask(input, more);
    CAPTURE(ended.said);
    REQUIRE(ended.code == 0);
    CHECK(ended.said == "");
    Words all;
    std::istringstream in(ended.out);
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  // Code and sentence of a refusal.
  std::pair<int, std::string> refusal(const std::string& input, const Words& more) const {
    const Ended ended = ask(input, more);
    CHECK(ended.code != 0);
    return {ended.code, ended.said};
  }
};

TEST_CASE("N lines in are N lines out, in their order, whatever stands in a batch") {
  const Translator translator;
  const std::string input = "linnet\n\nfinch\r\n   \nzebra finch\nb\nlinnet";
  const Words together = translator.lines(input);
  REQUIRE(together.size() == 7);
  CHECK(together[1] == "");
  CHECK(together[3] == "");
  CHECK(together[6] == together[0]);
  CHECK(together[0].find('w') == 0);
  CHECK(translator.lines(input, {"--batch-tokens", "1"}) == together);
  CHECK(translator.lines(input, {"-t", "2"}) == together);
  const Words single = {"linnet", "", "finch", "", "zebra finch", "b", "linnet"};
  for (const std::size_t i : {0u, 2u, 4u, 5u})
    CHECK(translator.lines(single[i] + "\n").at(0) == together[i]);
  CHECK(translator.lines("").empty());
  CHECK(translator.lines("\n") == Words{""});
}

TEST_CASE("Several targets come with the number of their line and falling scores") {
  const Translator translator;
  const Words lines = translator.lines("linnet\n\nfinch\n", {"--n-best", "3"});
  REQUIRE(lines.size() == 7);
  for (const std::size_t i : {0u, 1u, 2u}) CHECK(lines[i].find("0 ||| w") == 0);
  CHECK(lines[3] == "1 |||  ||| 0.000000");
  for (const std::size_t i : {4u, 5u, 6u}) CHECK(lines[i].find("2 ||| w") == 0);
  const auto score = [](const std::string& line) {
    return std::stod(line.substr(line.rfind("||| ") + 4));
  };
  CHECK(score(lines[0]) >= score(lines[1]));
  CHECK(score(lines[1]) >= score(lines[2]));
  const Words best = translator.lines("linnet\n", {"--scores"});
  CHECK("0 ||| " + best.at(0) == lines[0]);
}

TEST_CASE("Targets begin with the prefix and hold nothing that is suppressed") {
  const Translator translator;
  CHECK(translator.lines("linnet\n", {"--prefix", "w7 w8"}).at(0).find("w7 w8") == 0);
  const std::string first = translator.lines("linnet\n", {"-b", "1"}).at(0);
  const std::string word = first.substr(0, first.find(' '));
  const std::string without = translator.lines("linnet\n", {"-b", "1", "--suppress", word}).at(0);
  CHECK((" " + without + " ").find(" " + word + " ") == std::string::npos);
  CHECK(translator.refusal("linnet\n", {"--suppress", "w77"}) ==
        std::pair(2, std::string("linnet: --suppress: 'w77' is not in the vocabulary\n")));
  CHECK(translator.refusal("linnet\n", {"--prefix", "w77"}).first == 2);
}

TEST_CASE("Flags that exclude each other or leave their range are refused with code 2") {
  const Translator translator;
  CHECK(translator.refusal("a\n", {"-b", "0"}).first == 2);
  CHECK(translator.refusal("a\n", {"--n-best", "5"}) ==
        std::pair(2, std::string("linnet: --n-best 5 is more than the --beam-size of 4\n")));
  CHECK(translator.refusal("a\n", {"-b", "4", "--beam-groups", "3"}).first == 2);
  CHECK(translator.refusal("a\n", {"--length-penalty", "nan"}).first == 2);
  CHECK(translator.refusal("a\n", {"--ids", "--json"}).first == 2);
  CHECK(translator.refusal("a\n", {"-p", "a", "-i", "x"}).first == 2);
}

TEST_CASE("A source that is too long is named by its line, after the lines before it") {
  const Translator translator;
  const Ended ended = translator.ask("linnet\n" + std::string(200, 'a') + "\nfinch\n");
  CHECK(ended.code == 4);
  CHECK(ended.out == translator.ask("linnet\n").out);
  CHECK(ended.said == "linnet: line 2: the source has 200 tokens and there is room for 120\n");
}

TEST_CASE("Broken UTF-8, NUL and a byte order mark cost no line") {
  const Translator translator;
  const Words lines =
      translator.lines("\xEF\xBB\xBFlinnet\nli\xFFnnet\nab" + std::string(1, '\0') + "c\nx\n");
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == translator.lines("linnet\n").at(0));
  CHECK(translator.refusal("linnet\nli\xFFnnet\n", {"--strict-utf8"}).first == 2);
}

TEST_CASE("A line of more than 64 MB is refused by its number, and only it") {
  if (very_slow()) return;
  const Translator translator;
  const std::string file = translator.scratch.path("long");
  {
    std::ofstream out(file, std::ios::binary);
    out << "linnet\n";
    const std::string piece(1 << 20, 'a');
    for (int i = 0; i < 65; ++i) out << piece;
  }
  const Ended ended = translator.ask("", {"-i", file});
  CHECK(ended.code == 4);
  CHECK(ended.said.find("line 2 has more than") != std::string::npos);
}

TEST_CASE("Events hold every target with its ids and log-probabilities") {
  const Translator translator;
  const Words lines = translator.lines("linnet\n\n", {"--json", "--n-best", "2"});
  REQUIRE(lines.size() == 3);
  const json first = json::parse(lines[0]), second = json::parse(lines[1]);
  CHECK(first["event"] == "result");
  CHECK(first["line"] == 0);
  CHECK(first["targets"].size() == 2);
  CHECK(first["text"] == first["targets"][0]["text"]);
  CHECK(first["targets"][0]["log_probs"].size() >= first["targets"][0]["ids"].size());
  CHECK(second["targets"].empty());
  CHECK(json::parse(lines[2])["event"] == "stats");
}

TEST_CASE("A line is answered before the next one is written") {
  const Translator translator;
  const Ended ended =
      run("linnet", {"translate", "-m", translator.model, "--quiet"},
          {.input = "linnet\n", .signal_after_output = SIGINT, .keep_input_open = true});
  CHECK(ended.code == 130);
  CHECK(ended.out.find('\n') == ended.out.size() - 1);
}

TEST_CASE("Commands refuse the other kind of model by name") {
  const Translator translator;
  const std::string writer = write(translator.scratch, "writer", tiny_writer());
  const Ended wrong = run("linnet", {"translate", "-m", writer});
  CHECK(wrong.code == 2);
  CHECK(wrong.said.find("see linnet generate") != std::string::npos);
  const Ended other = run("linnet", {"generate", "-m", translator.model, "-p", "a"});
  CHECK(other.code == 2);
  CHECK(other.said.find("encoder-decoder") != std::string::npos);
}

TEST_CASE("info and selftest know encoder-decoders, and more beams need more memory") {
  const Translator translator;
  const auto need = [&](const char* beams) {
    const Ended ended = run("linnet", {"info", translator.model, "--json", "-b", beams});
    REQUIRE(ended.code == 0);
    return json::parse(ended.out)["memory"]["run_bytes"].get<std::int64_t>();
  };
  CHECK(need("8") > need("1"));
  const Ended test = run("linnet", {"selftest", "-m", translator.model});
  CHECK(test.code == 0);
}

TEST_CASE("A beam search writes the text of a decoder alone too") {
  Scratch scratch;
  const std::string model = write(scratch, "writer", tiny_writer());
  const Words call = {"generate", "-m", model, "--quiet", "-p", "the", "-n", "12"};
  const Ended one = run("linnet", with(call, {"-b", "4"}));
  CHECK(one.code == 0);
  CHECK(one.out.size() > 1);
  const Ended three = run("linnet", with(call, {"-b", "4", "--n-best", "3"}));
  CHECK(std::count(three.out.begin(), three.out.end(), '\n') == 3);
  CHECK(three.out.find("0 ||| ") == 0);
  CHECK(run("linnet", with(call, {"-b", "4", "--stop", "x"})).code == 2);
}

}  // namespace
