// What translate, score, eval and a beam search of generate refuse, with which code and sentence
// (the table of exit codes is in README.md).
#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/support/scratch.h"
#include "tests/support/tiny_translator.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"

namespace {

using namespace linnet;
using namespace linnet::support;
using Words = std::vector<std::string>;

// An encoder-decoder, a decoder alone, and a few lines.
struct Files {
  Scratch scratch;
  std::string translator = write(scratch, "translator", tiny_translator());
  std::string writer = write(scratch, "writer", tiny_writer());
  std::string sources = scratch.write("sources", "linnet\nfinch\n");
  std::string targets = scratch.write("targets", "w1 w2\nw3\n");

  Words translate(const Words& more = {}) const {
    return with({"translate", "-m", translator, "-n", "9", "-i", sources}, more);
  }
  Words score(const Words& more = {}) const {
    return with({"score", "-m", translator, "-i", sources, "-r", targets}, more);
  }
  Words eval(const Words& more = {}) const {
    return with({"eval", "-i", sources, "-r", targets}, more);
  }
  Words beams(const Words& more = {}) const {
    return with({"generate", "-m", writer, "-p", "the", "-n", "9", "-b", "4"}, more);
  }
  std::vector<Words> all() const { return {translate(), score(), eval(), beams()}; }
};

void refused(const Words& call, int code, const std::string& part) {
  const Ended ended = run("linnet", call);
  std::string line;
  for (const std::string& word : call) line += " " + word;
  CAPTURE(line);
  CAPTURE(ended.said);
  CHECK(ended.code == code);
  CHECK(ended.out == "");
  CHECK(ended.said.find("linnet") == 0);
  CHECK(ended.said.find(part) != std::string::npos);
}

TEST_CASE("Values out of their range are refused with 2, and the sentence names the flag") {
  const Files files;
  for (const auto& [flag, value] : std::vector<std::pair<std::string, std::string>>{
           {"--beam-size", "0"},      {"--beam-size", "257"},      {"--beam-size", "1e1"},
           {"--n-best", "0"},         {"--n-best", "5"},           {"--beam-groups", "0"},
           {"--beam-groups", "3"},    {"--length-penalty", "0,5"}, {"--length-penalty", "nan"},
           {"--length-norm", "none"}, {"--word-penalty", "inf"},   {"--early-stopping", "maybe"},
           {"--patience", "0"},       {"--diversity", "-1"},       {"--threads", "0"},
           {"--threads", "1025"},     {"--ctx", "1048577"},        {"--cache-type", "int4"},
           {"--repeat-penalty", "0"}, {"--max-memory", "12Q"}}) {
    refused(files.translate({flag, value}), 2, flag);
    refused(files.beams({flag, value}), 2, flag);
  }
  for (const auto& [flag, value] :
       std::vector<std::pair<std::string, std::string>>{{"--batch-tokens", "0"},
                                                        {"--batch-tokens", "1048577"},
                                                        {"--min-tokens", "-1"},
                                                        {"--max-tokens", "-1"},
                                                        {"--no-repeat-ngram", "-1"},
                                                        {"--max-length-factor", "-1"},
                                                        {"--suppress", "w77"},
                                                        {"--suppress", "w1 w77"},
                                                        {"--prefix", "w77"}})
    refused(files.translate({flag, value}), 2, flag);
  refused(files.score({"--threads", "0"}), 2, "--threads");
  refused({"generate", "-m", files.writer, "-p", "the", "--n-best", "2"}, 2, "--n-best");
  refused({"info", "-m", files.translator, "-b", "0"}, 2, "--beam-size");
  refused({"info", "-m", files.translator, "--batch-tokens", "0"}, 2, "--batch-tokens");
}

TEST_CASE("Calls that leave out what is needed or contradict themselves are refused with 2") {
  const Files files;
  refused({"translate", "-i", files.sources}, 2, "--model");
  refused({"score", "-i", files.sources, "-r", files.targets}, 2, "--model");
  refused({"score", "-m", files.translator, "-i", files.sources}, 2, "--targets");
  refused({"score", "-m", files.translator, "-r", "-"}, 2, "cannot both be standard input");
  refused({"eval", "-i", files.sources}, 2, "--references");
  CHECK(run("linnet", files.translate({"--ids", "--json"})).code == 2);
  refused(files.translate({"-p", "a"}), 2, "--prompt");
  refused(files.beams({"--stop", "x"}), 2, "--stop");
  refused({"bench", "-m", files.translator, "--seq2seq-shape", "64,1,1,4,64,64"}, 2, "needs one");
  refused({"bench", "--seq2seq-shape", "64,1,1,4,64"}, 2, "has 5 numbers");
  refused({"bench", "--seq2seq-shape", "64,1,1,5,64,64"}, 2, "must divide");
  refused({"bench", "--seq2seq-shape", "65,1,1,5,64,64"}, 2, "--seq2seq-shape: ");
  refused({"bench", "--seq2seq-shape", "64,1,1,4,64,64", "-b", "257"}, 2, "--beam-size");
  refused({"bench", "--seq2seq-shape", "64,1,1,4,64,64", "--batch", "0"}, 2, "--batch");
}

TEST_CASE("The other kind of model is refused by name, with the command that is for it") {
  const Files files;
  refused({"translate", "-m", files.writer, "-i", files.sources}, 2, "see linnet generate");
  refused({"score", "-m", files.writer, "-i", files.sources, "-r", files.targets}, 2,
          "and perplexity");
  refused({"generate", "-m", files.translator, "-p", "a", "-b", "4"}, 2, "see linnet translate");
  refused({"generate", "-m", files.translator, "-p", "a"}, 2, "encoder-decoder");
  refused({"perplexity", "-m", files.translator, "-f", files.sources}, 2, "encoder-decoder");
}

TEST_CASE("A model that has no vocabulary cannot read lines, and says so with 3") {
  const Scratch scratch;
  const std::string model =
      write(scratch, "model", tiny_model(tiny_transformer(), core::Dtype::i8, 11));
  const std::string lines = scratch.write("lines", "a\n");
  refused({"translate", "-m", model, "-i", lines}, 3, "no vocabulary");
  refused({"score", "-m", model, "-i", lines, "-r", lines}, 3, "no vocabulary");
}

TEST_CASE("A file that is missing ends with 5 and one that is no model with 3, both named") {
  const Files files;
  const std::string missing = files.scratch.path("nothing-here");
  for (const Words& call :
       {files.translate({"-i", missing}), files.translate({"-m", missing}),
        files.translate({"-i", files.scratch.path("")}),  // a folder
        files.translate({"-o", missing + "/in/a/folder"}), files.score({"-m", missing}),
        files.score({"-i", missing}), files.score({"-r", missing}), files.eval({"-i", missing}),
        Words{"eval", "-i", files.sources, "-r", missing}, files.beams({"-m", missing})})
    refused(call, 5, call.back());
  const std::string text = files.scratch.write("text", "This is no model.\n");
  const std::string cut = files.scratch.write("cut", contents(files.translator).substr(0, 5000));
  const std::string empty = files.scratch.write("empty", "");
  for (const std::string& path : {text, cut, empty}) {
    refused(files.translate({"-m", path}), 3, path);
    refused(files.score({"-m", path}), 3, path);
    refused(files.beams({"-m", path}), 3, path);
  }
}

TEST_CASE("Files that should have as many lines and do not end with 3 and the numbers") {
  const Files files;
  const std::string one = files.scratch.write("one", "w1\n");
  const std::string three = files.scratch.write("three", "w1\nw2\nw3");
  for (const std::string& other : {one, three}) {
    const bool fewer = other == one;
    const Ended score = run("linnet", files.score({"-r", other, "--quiet"}));
    CHECK(score.code == 3);
    CHECK(std::count(score.out.begin(), score.out.end(), '\n') == (fewer ? 1 : 2));
    CHECK(score.said.find((fewer ? one : files.sources) + " has only " + (fewer ? "1" : "2") +
                          " lines") != std::string::npos);
    refused({"eval", "-i", files.sources, "-r", other}, 3, other);
  }
}

TEST_CASE("An output that is also an input is refused with 2, through links too") {
  const Files files;
  namespace fs = std::filesystem;
  const auto check = [](const Words& call, const std::string& file) {
    const std::string before = contents(file), name = fs::path(file).filename();
    const std::string folder = fs::path(file).parent_path();
    const std::string soft = folder + "/soft-" + name, hard = folder + "/hard-" + name;
    fs::create_symlink(file, soft);
    fs::create_hard_link(file, hard);
    for (const std::string& output : {file, soft, hard}) {
      refused(with(call, {"-o", output}), 2, "--output " + output + " is one of the inputs");
      CHECK(contents(file) == before);
    }
  };
  check(files.translate(), files.sources);
  check(files.translate(), files.translator);
  check(files.beams(), files.writer);
}

TEST_CASE("More memory than is allowed ends with 4 and the numbers, before anything is loaded") {
  const Files files;
  for (const Words& call : {files.translate(), files.score(), files.beams()}) {
    refused(with(call, {"--max-memory", "1K"}), 4, "--max-memory allows 1.0 kB");
    refused(with(call, {"--max-memory", "4M", "-c", "100000"}), 4, "--max-memory allows");
  }
  // Batches become smaller before that.
  const Ended info = run("linnet", {"info", files.translator, "--json", "--batch-tokens", "32"});
  const auto least = nlohmann::json::parse(info.out)["memory"]["total_bytes"].get<std::int64_t>();
  const Ended fits =
      run("linnet", files.translate({"--quiet", "--max-memory", std::to_string(least)}));
  CAPTURE(fits.said);
  CHECK(fits.code == 0);
  CHECK(fits.out == run("linnet", files.translate({"--quiet"})).out);
}

TEST_CASE("What the position table or the context has no room for ends with 4 and the counts") {
  model::Spec spec = tiny_transformer();
  for (model::Stack* stack : {&spec.encoder, &spec.decoder}) {
    stack->position = model::Position::learned;
    stack->positions = 24;
    stack->sinusoid_frequencies.clear();
  }
  const Files files;
  const std::string model = write(files.scratch, "learned", tiny_translator(spec));
  const std::string fits = files.scratch.write("fits", std::string(24, 'a') + "\n");
  const std::string longer = files.scratch.write("longer", std::string(25, 'a') + "\n");
  std::string words;
  for (int i = 0; i < 24; ++i) words += i > 0 ? " w1" : "w1";
  const std::string many = files.scratch.write("many", words + "\n");
  const std::string few = files.scratch.write("few", words.substr(3) + "\n");
  for (const Words& call : {Words{"translate", "-m", model, "-n", "5"},
                            Words{"score", "-m", model, "-r", few, "--quiet"}}) {
    CHECK(run("linnet", with(call, {"-i", fits})).code == 0);
    refused(with(call, {"-i", longer}), 4,
            "line 1: the source has 25 tokens and there is room for 24");
    refused(with(call, {"-i", fits, "-c", "25"}), 4, "24 positions that the model has learned");
    refused(with(call, {"-i", fits, "-c", "23"}), 4, "room for 23");
  }
  refused({"score", "-m", model, "-i", fits, "-r", many}, 4,
          "line 1: the target has 25 tokens and there is room for 24");
  refused({"translate", "-m", model, "-i", fits, "--prefix", words}, 4, "leaves no room");
  refused(files.translate({"--prefix", "w1 w2 w3", "-n", "3"}), 4, "leaves no room");
  refused(files.beams({"-p", std::string(300, 'a')}), 4, "the context holds 200");
  CHECK(run("linnet", files.beams({"-p", std::string(300, 'a'), "--truncate", "left"})).code == 0);
}

TEST_CASE("Answers that are not numbers end every search with 3 and a sentence") {
  const Files files;
  const auto damaged = [&](const std::string& name, const core::Bundle& bundle) {
    std::string bytes = contents(write(files.scratch, name, bundle));
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (std::size_t at = bytes.size() - 3008; at < bytes.size() - 64; at += 4)
      std::memcpy(bytes.data() + at, &nan, 4);
    return files.scratch.write(name, bytes);
  };
  const std::string translator = damaged("bad1", tiny_translator(core::Dtype::f32));
  const std::string writer = damaged("bad2", tiny_writer(core::Dtype::f32));
  refused(files.translate({"-m", translator}), 3, "damaged");
  refused(files.score({"-m", translator}), 3, "damaged");
  refused(files.beams({"-m", writer}), 3, "damaged");
  for (const Words& call : {files.translate({"-m", translator}), files.score({"-m", translator}),
                            files.beams({"-m", writer})})
    refused(with(call, {"--no-mmap"}), 6, "checksum");
}

TEST_CASE("With --json a refusal is also an event with its code and a hint") {
  const Files files;
  for (const Words& call :
       {files.translate({"-c", "3"}), files.score({"-c", "3"}), files.beams({"-c", "3"})}) {
    const Ended ended = run("linnet", with(call, {"--json"}));
    CHECK(ended.code == 4);
    const auto event = nlohmann::json::parse(ended.out);
    CHECK(event["event"] == "error");
    CHECK(event["code"] == 4);
    CHECK_FALSE(event["hint"].get<std::string>().empty());
  }
}

}  // namespace
