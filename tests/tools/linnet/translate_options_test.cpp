// What `linnet translate` can do beside searching: alignments, samples, targets while they are
// made.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/support/scratch.h"
#include "tests/support/tiny_translator.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"

namespace {

using namespace linnet::support;
using nlohmann::json;
using Words = std::vector<std::string>;

struct Translator {
  Scratch scratch;
  std::string model = write(scratch, "model", tiny_translator());

  Ended ask(const std::string& input, const Words& more) const {
    Words call{"translate", "-m", model, "--quiet", "-n", "9"};
    call.insert(call.end(), more.begin(), more.end());
    return run("linnet", call, {.input = input});
  }
  Words lines(const std::string& input, const Words& more) const {
    const Ended ended = ask(input, more);
    CAPTURE(ended.said);
    REQUIRE(ended.code == 0);
    Words all;
    std::istringstream in(ended.out);
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  std::string line(const std::string& input, const Words& more) const {
    return lines(input + "\n", more).at(0);
  }
};

TEST_CASE("Alignments name for each target token and its end the source token of most attention") {
  const Translator translator;
  const std::string input = "linnet\n\nzfinch\n";
  const Words plain = translator.lines(input, {}),
              aligned = translator.lines(input, {"--alignments", "--scores"}),
              events = translator.lines(input, {"--alignments", "--json"});
  REQUIRE(aligned.size() == 3);
  CHECK(aligned[1] == " ||| 0.000000 ||| ");
  for (const std::size_t i : {0u, 2u}) {
    CHECK(aligned[i].find(plain[i] + " ||| -") == 0);
    const json event = json::parse(events[i]), target = event["targets"][0];
    CHECK(event["source_ids"].size() == 6);
    REQUIRE(target["attention"].size() == target["log_probs"].size());
    std::string pairs;
    for (std::size_t t = 0; t < target["attention"].size(); ++t) {
      const auto weights = target["attention"][t].get<std::vector<double>>();
      REQUIRE(weights.size() == 6);
      const auto most = std::max_element(weights.begin(), weights.end()) - weights.begin();
      pairs += (t == 0 ? "" : " ") + std::to_string(most) + "-" + std::to_string(t);
    }
    CHECK(aligned[i].substr(aligned[i].rfind("||| ") + 4) == pairs);
  }
  CHECK(translator.lines(input, {"--alignments", "--scores", "-t", "2"}) == aligned);
  CHECK(translator.lines(input, {"--alignments", "--scores", "--batch-tokens", "1"}) == aligned);
  const Words best = translator.lines("linnet\n", {"--alignments", "--n-best", "2"});
  REQUIRE(best.size() == 2);
  CHECK(best[0] == "0 ||| " + aligned[0]);
}

TEST_CASE("Tokens may be put in front of every source and target") {
  const Translator translator;
  const std::string plain = translator.line("linnet", {"--scores"});
  CHECK(translator.line("nnet", {"--source-begin", "l", "--source-begin", "i", "--scores"}) ==
        plain);
  CHECK(translator.line("inlet", {"--scores"}) != plain);
  const std::string begun = translator.line("linnet", {"--target-begin", "w7", "--scores"});
  CHECK(begun.starts_with("w7 "));
  CHECK(begun == translator.line("linnet", {"--prefix", "w7", "--scores"}));
  CHECK(
      translator.line("linnet", {"--target-begin", "w7", "--prefix", "w8"}).starts_with("w7 w8 "));
  // Tokens 3 and 11 are a and i.
  CHECK(translator.line("nnet", {"--source-begin", "l", "--source-begin", "11", "--scores"}) ==
        plain);
  CHECK(translator.ask("linnet\n", {"--source-begin", "in"}).code == 2);
  for (const char* flag : {"--source-begin", "--target-begin"}) {
    const Ended ended = translator.ask("linnet\n", {flag, "fra_Latn"});
    CHECK(ended.code == 2);
    CHECK(ended.said.find(std::string(flag) + ": 'fra_Latn' is not in the vocabulary") !=
          std::string::npos);
    CHECK(translator.ask("linnet\n", {flag, "99999"}).code == 2);
  }
}

TEST_CASE("A coverage penalty only lowers scores, and alone and in a batch by the same") {
  const Translator translator;
  const auto score = [](const std::string& line) {
    return std::stod(line.substr(line.rfind("||| ") + 4));
  };
  const Words flags{"--scores", "--coverage-penalty", "0.4", "--early-stopping", "never"};
  const Words together = translator.lines("linnetlinnetlinnet\nfinch\n", flags);
  CHECK(translator.line("finch", flags) == together[1]);
  CHECK(score(together[0]) < score(translator.line("linnetlinnetlinnet", {"--scores"})));
  CHECK(translator.ask("a\n", {"--coverage-penalty", "-0.1"}).code == 2);
}

TEST_CASE("What is drawn for a line depends on the seed and its number alone") {
  const Translator translator;
  const std::string input = "linnet\nfinch\nlinnet\n\nzebra\n";
  const Words flags{"--temp", "1.5", "--top-k", "0", "--seed", "7", "--scores"};
  const auto with = [&](Words more) {
    more.insert(more.end(), flags.begin(), flags.end());
    return more;
  };
  const Words drawn = translator.lines(input, flags);
  REQUIRE(drawn.size() == 5);
  CHECK(drawn[0] != drawn[2]);
  CHECK(translator.lines(input, with({"--batch-tokens", "1"})) == drawn);
  CHECK(translator.lines(input, with({"-t", "2", "-b", "1"})) == drawn);
  CHECK(translator.line("linnet", flags) == drawn[0]);
  CHECK(translator.lines("\n\nlinnet\n", flags)[2] == drawn[2]);
  Words other = flags;
  other[5] = "8";
  CHECK(translator.lines(input, other) != drawn);
  const Words several = translator.lines(input, with({"--n-best", "20"}));
  REQUIRE(several.size() == 4 * 20 + 1);
  CHECK(std::set<std::string>(several.begin(), several.begin() + 20).size() > 10);
  // Of one token there is only one choice.
  CHECK(translator.line("linnet", {"--temp", "1", "--top-k", "1"}) ==
        translator.line("linnet", {"-b", "1"}));
}

TEST_CASE("A target that is written while it is made is the same target") {
  const Translator translator;
  const std::string input = "linnet\n\nfinch\n   \nzebra\n";
  for (const Words& more : {Words{"-b", "1"}, Words{"-b", "1", "--ids"},
                            Words{"-b", "1", "--scores", "--alignments", "--prefix", "w7 w8"},
                            Words{"--temp", "2", "--seed", "1", "--replace-unknown"}}) {
    Words stream = more;
    stream.push_back("--stream");
    const Words whole = translator.lines(input, more);
    REQUIRE(whole.size() == 5);
    CHECK(translator.lines(input, stream) == whole);
  }
  const Words events = translator.lines("linnet\n", {"-b", "1", "--stream", "--json"});
  std::string text;
  for (const std::string& line : events) {
    const json event = json::parse(line);
    if (event["event"] == "token") text += event["text"].get<std::string>();
    if (event["event"] == "result") CHECK(event["text"] == text);
  }
  CHECK(events.size() > 2);
  CHECK(text == translator.line("linnet", {"-b", "1"}));
}

TEST_CASE("An unknown token becomes the word of the source that was looked at most") {
  const Translator translator;
  // Every token is as likely as any other, so that unknown ones occur.
  const Words chance{"--temp", "100", "--top-k", "0", "--top-p", "1", "--seed", "3"};
  const auto with = [&](const Words& more) {
    Words all = chance;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  int replaced = 0;
  std::string input;
  for (int i = 0; i < 30; ++i) input += "lXnn\n";
  const Words plain = translator.lines(input, with({"--alignments", "--json"})),
              lines = translator.lines(input, with({"--replace-unknown"}));
  for (std::size_t i = 0; i < 30; ++i) {
    const json target = json::parse(plain[i])["targets"][0];
    std::string want;
    for (std::size_t t = 0; t < target["ids"].size(); ++t) {
      const int id = target["ids"][t];
      const auto weights = target["attention"][t].get<std::vector<double>>();
      const auto most = std::max_element(weights.begin(), weights.end()) - weights.begin();
      if (id == 1 || id == 2) continue;
      if (!want.empty()) want += " ";
      if (id == 0)
        want += "lXnn"[most];
      else
        want += "w" + std::to_string(id - 3);
      replaced += id == 0 ? 1 : 0;
    }
    CHECK(lines[i] == want);
  }
  CHECK(replaced > 0);
}

TEST_CASE("Flags that chance, streams and ids cannot have are refused by name with code 2") {
  const Translator translator;
  const auto refusal = [&](const Words& more) {
    const Ended ended = translator.ask("a\n", more);
    CHECK(ended.code == 2);
    CHECK(ended.out == "");
    return ended.said;
  };
  CHECK(refusal({"--temp", "1", "-b", "4"}).find("--beam-size 4") != std::string::npos);
  CHECK(refusal({"--temp", "-1"}).find("--temp") != std::string::npos);
  CHECK(refusal({"--temp", "nan"}).find("--temp") != std::string::npos);
  CHECK(refusal({"--top-k", "5"}).find("--temp") != std::string::npos);
  CHECK(refusal({"--temp", "1", "--top-p", "0"}).find("--top-p") != std::string::npos);
  CHECK(refusal({"--seed", "5"}).find("--temp") != std::string::npos);
  CHECK(refusal({"--stream"}).find("beam size of 1") != std::string::npos);
  CHECK(refusal({"--stream", "--temp", "1", "--n-best", "2"}).find("beam size of 1") !=
        std::string::npos);
  CHECK(refusal({"--stream", "-b", "1", "--patience", "3"}).find("--stream") != std::string::npos);
  CHECK(refusal({"--ids", "--replace-unknown"}).find("--replace-unknown") != std::string::npos);
}

TEST_CASE("info counts what alignments take") {
  const Translator translator;
  const auto need = [&](const Words& more) {
    Words call{"info", translator.model, "--json"};
    call.insert(call.end(), more.begin(), more.end());
    const Ended ended = run("linnet", call);
    REQUIRE(ended.code == 0);
    return json::parse(ended.out)["memory"]["run_bytes"].get<std::int64_t>();
  };
  CHECK(need({"--alignments"}) > need({}));
}

}  // namespace
