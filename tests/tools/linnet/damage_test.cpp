// What the commands do about models and calls that are wrong in ways that show late.
#include <doctest/doctest.h>

#include <cstring>
#include <limits>

#include "tests/support/scratch.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"

namespace {

using namespace linnet::support;
using Words = std::vector<std::string>;

// A model some of whose weights are not numbers; its checksums have not been made to fit.
std::string damaged_model(const Scratch& scratch) {
  std::string bytes = contents(write(scratch, "model", tiny_writer(linnet::core::Dtype::f32)));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t at = bytes.size() - 3008; at < bytes.size() - 64; at += 4)
    std::memcpy(bytes.data() + at, &nan, 4);
  return scratch.write("damaged", bytes);
}

TEST_CASE("Answers that are not numbers end every command that uses them with 3 and a sentence") {
  const Scratch scratch;
  const std::string model = damaged_model(scratch);
  const std::string text = scratch.write("text", "the cat sat");
  for (const Words& call :
       {Words{"generate", "-m", model, "-p", "a", "-n", "5"},
        Words{"perplexity", "-m", model, "-f", text},
        Words{"perplexity", "-m", model, "-f", text, "--json"}, Words{"selftest", "-m", model}}) {
    const Ended ended = run("linnet", call);
    CAPTURE(call[0]);
    CAPTURE(ended.said);
    CHECK(ended.code == 3);
    CHECK(ended.said.find("damaged") != std::string::npos);
    CHECK(ended.said.find("nan") == std::string::npos);
  }
}

TEST_CASE("A model that is read instead of mapped is compared with its checksums") {
  const Scratch scratch;
  const Ended ended =
      run("linnet", {"generate", "-m", damaged_model(scratch), "-p", "a", "-n", "5", "--no-mmap"});
  CAPTURE(ended.said);
  CHECK(ended.code == 6);
  CHECK(ended.out == "");
  CHECK(ended.said.find("checksum") != std::string::npos);
}

TEST_CASE("--check compares the model with its checksums before any command uses it") {
  const Scratch scratch;
  const std::string sound = write(scratch, "sound", tiny_writer());
  const std::string damaged = damaged_model(scratch), text = scratch.write("text", "the cat sat");
  for (const Words& call :
       {Words{"generate", "-p", "a", "-n", "5"}, Words{"perplexity", "-f", text}, Words{"selftest"},
        Words{"bench", "-p", "2", "-n", "1", "--repeats", "1"}}) {
    const auto with = [&](const std::string& model) {
      Words all = call;
      all.insert(all.end(), {"-m", model, "--check"});
      return run("linnet", all);
    };
    CAPTURE(call[0]);
    CHECK(with(sound).code == 0);
    const Ended ended = with(damaged);
    CAPTURE(ended.said);
    CHECK(ended.code == 6);
    CHECK(ended.said.find("checksum") != std::string::npos);
  }
}

TEST_CASE("--warm changes no answer, mapped or read") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_writer());
  const Words call = {"generate", "-m", model, "-p", "the", "-n", "5", "-s", "1", "--quiet"};
  const Ended cold = run("linnet", call);
  CHECK(cold.code == 0);
  for (const Words& more : {Words{"--warm"}, Words{"--warm", "--no-mmap"}}) {
    Words warm = call;
    warm.insert(warm.end(), more.begin(), more.end());
    CHECK(run("linnet", warm).out == cold.out);
  }
}

TEST_CASE("A call that is refused leaves the file that it would have written as it was") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_writer());
  const std::string kept = scratch.write("kept", "as it was");
  CHECK(
      run("linnet", {"generate", "-m", model, "-p", "much too long", "-c", "2", "-o", kept}).code ==
      4);
  CHECK(contents(kept) == "as it was");
  CHECK(run("linnet", {"generate", "-m", model, "-p", "the", "-n", "5", "-o", kept}).code == 0);
  CHECK(contents(kept) != "as it was");
}

TEST_CASE("Unknown commands and flags are named") {
  const Ended command = run("linnet", {"generat", "-m", "model"});
  CHECK(command.code == 2);
  CHECK(command.said.find("there is no command 'generat'") != std::string::npos);
  const Ended flag = run("linnet", {"generate", "-m", "model", "--te", "0"});
  CHECK(flag.code == 2);
  CHECK(flag.said.find("there is no flag '--te'") != std::string::npos);
}

TEST_CASE("A number of threads from the environment beyond the limit is cut to it") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_writer());
  const Ended ended =
      run("linnet", {"info", model}, {.input = "", .environment = {"OMP_NUM_THREADS=100000"}});
  CAPTURE(ended.said);
  CHECK(ended.code == 0);
  const Ended help = run("linnet", {"generate", "--help"},
                         {.input = "", .environment = {"OMP_NUM_THREADS=100000"}});
  CHECK(help.out.find("[1024]") != std::string::npos);
}

TEST_CASE("Weights that do not fit into the memory are refused with the numbers") {
  const Ended ended =
      run("linnet", {"bench", "--shape", "65536,1024,1024,1024,262144,1000000", "--quiet"});
  CAPTURE(ended.said);
  CHECK(ended.code == 4);
  CHECK(ended.said.find("--shape: these weights need") != std::string::npos);
}

}  // namespace
