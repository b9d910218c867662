#include <doctest/doctest.h>

#include <sstream>

#include "tests/support/scratch.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"

namespace {

using namespace linnet::support;

const std::vector<std::string> kCommands = {
    "generate",  "info",  "verify", "selftest", "bench",     "perplexity", "eval",
    "translate", "score", "embed",  "classify", "fill-mask", "tokenize"};

TEST_CASE("Help goes to standard output with code 0, 80 columns wide, with an example") {
  std::vector<std::vector<std::string>> calls = {{"--help"}, {"-h"}};
  for (const std::string& command : kCommands) calls.push_back({command, "--help"});
  for (const auto& call : calls) {
    const Ended ended = run("linnet", call);
    CAPTURE(call.front());
    CHECK(ended.code == 0);
    CHECK(ended.said == "");
    CHECK(ended.out.find("Example:\n  linnet ") != std::string::npos);
    std::istringstream lines(ended.out);
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 80);
  }
}

TEST_CASE("Help explains every flag of generate with its default") {
  const std::string help = run("linnet", {"generate", "--help"}).out;
  for (const char* flag :
       {"-m, --model",   "-p, --prompt",     "-f, --file", "-n, --max-tokens", "-c, --ctx",
        "-t, --threads", "--cores",          "--temp",     "--top-k",          "--top-p",
        "--min-p",       "--repeat-penalty", "-s, --seed", "--stop",           "--cache-type",
        "--max-memory",  "--no-mmap",        "--warm",     "--check",          "--json",
        "--quiet"})
    CHECK_MESSAGE(help.find(std::string("  ") + flag) != std::string::npos, flag);
  for (const char* shown : {"[0.8]", "[40]", "[0.95]", "[0.05]", "[64]", "[random]", "[f16]"})
    CHECK_MESSAGE(help.find(shown) != std::string::npos, shown);
}

TEST_CASE("A refused list of processors names the flag and what is wrong with it") {
  CHECK(run("linnet", {"generate", "-m", "x", "--cores", "big,0"})
            .said.find(
                "--cores: 'big,0' is not auto, big, all or a list of processors such as 0,2-3") !=
        std::string::npos);
  CHECK(run("linnet", {"generate", "-m", "x", "--cores", "0-8191"})
            .said.find("is not one that this process may run on (") != std::string::npos);
}

TEST_CASE("The version names the commit, the compiler and every table of kernels") {
  const Ended ended = run("linnet", {"--version"});
  CHECK(ended.code == 0);
  for (const char* word : {"linnet ", "commit ", "compiler ", "kernels ", "reference", "(in use)"})
    CHECK_MESSAGE(ended.out.find(word) != std::string::npos, word);
}

TEST_CASE("Usage errors end with code 2, one sentence on standard error and no data") {
  for (const std::vector<std::string>& call : std::vector<std::vector<std::string>>{
           {},
           {"sing"},
           {"generate"},
           {"generate", "--sing"},
           {"generate", "-m"},
           {"generate", "-m", "x", "-n", "1e3"},
           {"generate", "-m", "x", "-n", "12x"},
           {"generate", "-m", "x", "-n", ""},
           {"generate", "-m", "x", "-n", "99999999999999999999"},
           {"generate", "-m", "x", "--temp", "0,5"},
           {"generate", "-m", "x", "--temp", "nan"},
           {"generate", "-m", "x", "--temp", "-1"},
           {"generate", "-m", "x", "--top-p", "0"},
           {"generate", "-m", "x", "--top-p", "1.01"},
           {"generate", "-m", "x", "--seed", "-1"},
           {"generate", "-m", "x", "--cache-type", "int3"},
           {"generate", "-m", "x", "--max-memory", "12Q"},
           {"generate", "-m", "x", "--cores", ""},
           {"generate", "-m", "x", "--cores", "largest"},
           {"generate", "-m", "x", "--cores", "8191"},
           {"translate", "-m", "x", "--cores", "0,"},
           {"selftest", "-m", "x", "--cores", "1-"},
           {"bench", "--shape", "64,2,2,2,128,500", "--cores", "8191"},
           {"bench", "--kernels", "--cores", "all"},
           {"generate", "-m", "x", "-p", "a", "-f", "b"},
           {"generate", "-m", "x", "extra"},
           {"bench"},
           {"bench", "--kernels", "--shape", "64,1,4,4,64,64"},
           {"bench", "--shape", "64,1,4"},
           {"bench", "--shape", "64,1,5,5,64,64"},
           {"bench", "--shape", "64,1,4,4,64,64", "-t", "1,,2"}}) {
    const Ended ended = run("linnet", call);
    CAPTURE(ended.said);
    CHECK(ended.code == 2);
    CHECK(ended.out == "");
    CHECK(ended.said.starts_with("linnet"));
  }
}

TEST_CASE("Of a flag that is given twice the last one counts") {
  const Ended ended = run("linnet", {"bench", "--shape", "64,1,4,4,64,64", "-t", "1", "-p", "1",
                                     "-n", "0", "--repeats", "7", "--repeats", "1", "-p", "2"});
  CHECK(ended.code == 0);
  CHECK(ended.out.find("| prompt 2 |") != std::string::npos);
  CHECK(ended.out.find("| prompt 1 |") == std::string::npos);
}

TEST_CASE("A table of kernels that this program does not have is refused with code 2") {
  const Ended ended =
      run("linnet", {"selftest"}, {.input = "", .environment = {"LINNET_ISA=abacus"}});
  CHECK(ended.code == 2);
  CHECK(ended.said.find("abacus") != std::string::npos);
  CHECK(ended.said.find("reference") != std::string::npos);
}

TEST_CASE("A missing file ends with code 5, an invalid one with 3, and the sentence names it") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_writer());
  const std::string missing = scratch.path("nothing-here");
  const std::string text = scratch.write("text", "This is no model.\n");
  const std::string cut = scratch.write("cut", contents(model).substr(0, 5000));
  const std::string empty = scratch.write("empty", "");
  for (const char* command : {"generate", "info", "verify", "selftest", "bench"}) {
    const auto expect = [&](const std::string& path, int code) {
      const Ended ended = run("linnet", {command, "-m", path});
      CAPTURE(ended.said);
      CHECK(ended.code == code);
      CHECK(ended.said.find(path) != std::string::npos);
    };
    expect(missing, 5);
    expect(scratch.path(""), 5);  // a folder
    expect(text, 3);
    expect(cut, 3);
    expect(empty, 3);
  }
}

TEST_CASE("A disk that is full ends with code 5 and a sentence") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_writer());
  for (const std::vector<std::string>& call : std::vector<std::vector<std::string>>{
           {"--help"},
           {"info", "-m", model},
           {"generate", "-m", model, "-p", "", "-n", "5"},
           {"generate", "-m", model, "-p", "", "-n", "5", "-o", "/dev/full"}}) {
    const Ended ended = run("linnet", call, {.input = "", .output_to = "/dev/full"});
    CAPTURE(ended.said);
    CHECK(ended.code == 5);
    CHECK(ended.said.find("cannot be written: No space left on device") != std::string::npos);
  }
}

TEST_CASE("A reader that goes away ends the program quietly") {
  const Scratch scratch;
  const std::string model = write(scratch, "model", tiny_writer());
  const Ended ended =
      run("linnet", {"generate", "-m", model, "-p", "", "-n", "100000", "-c", "100000", "--quiet"},
          {.input = "", .close_output = true});
  CHECK(ended.code == 0);
  CHECK(ended.said == "");
}

}  // namespace
