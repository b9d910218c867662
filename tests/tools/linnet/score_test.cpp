// `linnet score`: what it finds in targets, beside the searches that wrote them and beside what
// others find in them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/engine.h"
#include "engine/io/reader.h"
#include "tests/support/assets.h"
#include "tests/support/scratch.h"
#include "tests/support/seq2seq_golden.h"
#include "tests/support/tiny_translator.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"
#include "tools/linnet/line_files.h"

namespace {

using namespace linnet;
using namespace linnet::support;
using nlohmann::json;
using Words = std::vector<std::string>;

Words lines_of(const std::string& text) {
  const auto lines = tools::lines_of(text);
  return Words(lines.begin(), lines.end());
}

std::vector<json> events_of(const std::string& text) {
  std::vector<json> events;
  for (const std::string& line : lines_of(text)) events.push_back(json::parse(line));
  return events;
}

// Runs `linnet score` on a model.
struct Judge {
  const Scratch& scratch;
  std::string model;

  Ended ask(const std::string& sources, const std::string& targets, const Words& more = {}) const {
    Words call = {"score", "-m",
                  model,   "--quiet",
                  "-i",    scratch.write("sources", sources),
                  "-r",    scratch.write("targets", targets)};
    call.insert(call.end(), more.begin(), more.end());
    return run("linnet", call);
  }
  std::vector<json> events(const std::string& sources, const std::string& targets) const {
    const Ended ended = ask(sources, targets, {"--json", "--cache-type", "f32"});
    CAPTURE(ended.said);
    REQUIRE(ended.code == 0);
    return events_of(ended.out);
  }
};

TEST_CASE("score finds in a target exactly what the search that wrote it found") {
  const Scratch scratch;
  const Judge judge{scratch, write(scratch, "model", tiny_translator())};
  const std::string sources = "linnet\nfinch\nzebra\nb\n";
  // With three tokens to choose from, all short targets end among the eight that are followed.
  Words search = {"translate", "-m", judge.model, "--quiet",  "--json", "-n",
                  "6",         "-b", "8",         "--n-best", "8"};
  for (int word = 2; word < 50; ++word)
    search.insert(search.end(), {"--suppress", "w" + std::to_string(word)});
  for (const char* special : {"<unk>", "<s>"}) search.insert(search.end(), {"--suppress", special});
  const Ended searched = run("linnet", search, {.input = sources});
  REQUIRE(searched.code == 0);
  std::string from, to;
  std::vector<json> wanted;
  const Words lines = lines_of(sources);
  for (const json& event : events_of(searched.out)) {
    if (event["event"] != "result") continue;
    for (const json& target : event["targets"]) {
      if (target["finish"] != "end") continue;
      wanted.push_back(target);
      from += lines[event["line"].get<std::size_t>()] + "\n";
      to += target["text"].get<std::string>() + "\n";
    }
  }
  REQUIRE(wanted.size() >= 8);
  const Ended ended = judge.ask(from, to, {"--json"});
  const std::vector<json> found = events_of(ended.out);
  REQUIRE(found.size() == wanted.size() + 1);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CHECK(found[i]["ids"] == wanted[i]["ids"]);
    CHECK(found[i]["sum"] == wanted[i]["sum"]);
    CHECK(found[i]["log_probs"] == wanted[i]["log_probs"]);
  }
}

TEST_CASE("score writes a line for every pair, each token's part if asked, and the perplexity") {
  const Scratch scratch;
  const Judge judge{scratch, write(scratch, "model", tiny_translator())};
  const std::string sources = "linnet\n\nfinch", targets = "w1 w2\nw3\n\n";
  const std::vector<json> events = judge.events(sources, targets);
  REQUIRE(events.size() == 4);
  CHECK(events[0]["log_probs"].size() == 3);
  CHECK(events[1]["log_probs"].empty());      // no source
  CHECK(events[2]["log_probs"].size() == 1);  // no target: its end alone
  const Ended plain = judge.ask(sources, targets, {"--cache-type", "f32"});
  CHECK(plain.said == "");
  const Words sums = lines_of(plain.out);
  REQUIRE(sums.size() == 3);
  CHECK(sums[1] == "");
  const Words tokens =
      lines_of(judge.ask(sources, targets, {"--per-token", "--cache-type", "f32"}).out);
  REQUIRE(tokens.size() == 3);
  CHECK(tokens[1] == "");
  for (const std::size_t line : {0u, 2u}) {
    CHECK(std::fabs(std::stod(sums[line]) - events[line]["sum"].get<double>()) < 1e-6);
    double sum = 0;
    for (const double part : events[line]["log_probs"]) sum += part;
    CHECK(std::fabs(events[line]["sum"].get<double>() - sum) < 1e-5);
    CHECK(tokens[line].find(sums[line] + " ||| ") == 0);
    CHECK(std::count(tokens[line].begin(), tokens[line].end(), ' ') ==
          static_cast<std::ptrdiff_t>(1 + events[line]["log_probs"].size()));
  }
  const double all = events[0]["sum"].get<double>() + events[2]["sum"].get<double>();
  CHECK(events[3]["event"] == "stats");
  CHECK(events[3]["tokens"] == 4);
  CHECK(events[3]["perplexity"].get<double>() == doctest::Approx(std::exp(-all / 4)));
  CHECK(judge.ask(sources, targets, {"--summary"}).out.find("3 lines, 4 tokens, mean NLL ") == 0);
}

TEST_CASE("score gives the stored log-probabilities of a trained model's targets") {
  const auto folder = assets();
  if (!folder) return;
  const auto aren = *folder / "aren-transliteration";
  const Scratch scratch;
  const Judge judge{scratch, scratch.path("aren")};
  const Ended converted = run("linnet-convert", {(aren / "v2/aren-transliteration").string(), "-o",
                                                 judge.model, "--type", "f32"});
  CAPTURE(converted.said);
  REQUIRE(converted.code == 0);
  const auto model = Model::open(judge.model);
  REQUIRE(model);
  std::ifstream in(aren / "golden.json");
  const json golden = json::parse(in);
  const auto spelled = [](const text::Tokenizer& tokenizer, const json& ids) {
    std::string text;
    for (const int id : ids) text += std::string(tokenizer.piece(id));
    return text.substr(1) + "\n";  // every token of it begins with a blank
  };
  std::string sources, targets;
  std::vector<double> wanted;
  for (const json& example : golden["cases"]) {
    sources += spelled(*model->source_tokenizer(), example["src_ids"]);
    targets += spelled(*model->tokenizer(), example["greedy_ids"]);
    wanted.push_back(example["score"]);
  }
  const std::vector<json> found = judge.events(sources, targets);
  REQUIRE(found.size() == wanted.size() + 1);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CHECK(found[i]["ids"] == golden["cases"][i]["greedy_ids"]);
    CHECK(std::fabs(found[i]["sum"].get<double>() - wanted[i]) < 1e-3);
  }
}

TEST_CASE("score begins sources and targets as translate does") {
  const Scratch scratch;
  const Judge judge{scratch, write(scratch, "model", tiny_translator())};
  const auto sum = [&](const std::string& source, const std::string& target, const Words& more) {
    const Ended ended = judge.ask(source + "\n", target + "\n", more);
    CAPTURE(ended.said);
    REQUIRE(ended.code == 0);
    return ended.out;
  };
  CHECK(sum("nnet", "w7 w8", {"--source-begin", "l", "--source-begin", "i"}) ==
        sum("linnet", "w7 w8", {}));
  // What a target is begun with is not judged.
  const Words all = lines_of(sum("linnet", "w7 w8", {"--per-token"})),
              rest = lines_of(sum("linnet", "w8", {"--per-token", "--target-begin", "w7"}));
  const auto tail = [](const std::string& line) { return line.substr(line.find("||| ") + 4); };
  CHECK(tail(rest[0]).starts_with("0.000000 "));
  CHECK(tail(rest[0]).substr(8) == tail(all[0]).substr(tail(all[0]).find(' ')));
  for (const char* flag : {"--source-begin", "--target-begin"})
    CHECK(judge.ask("linnet\n", "w7\n", {flag, "fra_Latn"}).code == 2);
}

// The model of a golden folder with words for its ids, and with nothing before a source or a target
// but what the golden has there.
std::string speaking(const char* name, const Scratch& scratch) {
  const std::string silent = scratch.path("silent"), model = scratch.path("model");
  const Ended converted =
      run("linnet-convert", {seq2seq_folder(name), "-o", silent, "--type", "f32"});
  CAPTURE(converted.said);
  REQUIRE(converted.code == 0);
  auto bundle = io::read_model(silent);
  REQUIRE(bundle);
  std::erase_if(bundle->settings, [](const core::Setting& setting) {
    return setting.name == "sequences.source_begin" || setting.name == "sequences.forced_first";
  });
  speak(*bundle, {numbered_words(40)});
  return write(scratch, "model", *bundle);
}

std::string words_of(std::span<const std::int32_t> ids) {
  std::string text;
  for (const std::int32_t id : ids)
    text += (text.empty() ? "w" : " w") + std::to_string(id - 3);  // w0 is token 3
  return text + "\n";
}

TEST_CASE("score gives the log-probabilities that follow from the logits of transformers") {
  for (const char* name : kSeq2seqGoldens) {
    CAPTURE(name);
    const Scratch scratch;
    const Judge judge{scratch, speaking(name, scratch)};
    const Seq2seqLogits want = read_seq2seq_logits(name);
    std::string sources, targets;
    int end = 0;
    for (std::size_t i = 0; i < want.sources.size(); ++i) {
      const std::span<const std::int32_t> source(want.sources[i]), target(want.targets[i]);
      end = source.back();
      sources += words_of(source.first(source.size() - 1));
      targets += words_of(target.subspan(1));
    }
    const std::vector<json> found = judge.events(sources, targets);
    REQUIRE(found.size() == want.sources.size() + 1);
    for (std::size_t i = 0; i < want.sources.size(); ++i) {
      const json& log_probs = found[i]["log_probs"];
      REQUIRE(log_probs.size() == want.steps);
      for (std::size_t step = 0; step < want.steps; ++step) {
        const float* row = want.logits.data() + (i * want.steps + step) * want.vocab;
        double all = 0;
        for (std::size_t k = 0; k < want.vocab; ++k) all += std::exp(double{row[k]});
        const int next = step + 1 < want.steps ? want.targets[i][step + 1] : end;
        CHECK(std::fabs(log_probs[step].get<double>() - double{row[next]} + std::log(all)) < 1e-3);
      }
    }
  }
}

}  // namespace
