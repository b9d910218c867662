#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/text/utf8.h"
#include "tests/support/scratch.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"

namespace {

using namespace linnet::support;
using nlohmann::json;
using Words = std::vector<std::string>;

// Runs `linnet generate` quietly on a tiny model and expects it to go well.
struct Writer {
  Scratch scratch;
  std::string model = write(scratch, "model", tiny_writer());

  Ended ask(const Words& more, const How& how = {.input = ""}) const {
    return run("linnet", with({"generate", "-m", model}, more), how);
  }
  std::string text(const Words& more, const How& how = {.input = ""}) const {
    const Ended ended = ask(with({"--quiet", "-n", "30", "--seed", "5"}, more), how);
    CAPTURE(ended.said);
    CHECK(ended.code == 0);
    CHECK(ended.said == "");
    CHECK(ended.out.size() > 1);
    return ended.out;
  }
};

std::vector<json> events(const std::string& lines) {
  std::vector<json> all;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) all.push_back(json::parse(line));
  return all;
}

TEST_CASE("The same seed writes the same text, and the one that is reported reproduces it") {
  const Writer writer;
  const Words call = {"-p", "the", "-n", "40", "--temp", "1"};
  const Ended first = writer.ask(call);
  REQUIRE(first.code == 0);
  const std::size_t at = first.said.find("seed ");
  REQUIRE(at != std::string::npos);
  const std::string seed = first.said.substr(at + 5, first.said.find('\n', at) - at - 5);
  CHECK(writer.ask(with(call, {"--seed", seed})).out == first.out);
  CHECK(writer.ask(with(call, {"--seed", seed, "-t", "2"})).out == first.out);
  CHECK(writer.ask(with(call, {"--seed", seed + "1"})).out != first.out);
  CHECK(writer.ask(call).out != first.out);
}

TEST_CASE("The report names times, memory, kernels and seed on one line of standard error") {
  const Writer writer;
  const Ended ended = writer.ask({"-p", "the", "-n", "5", "--seed", "9"},
                                 {.input = "", .environment = {"LINNET_ISA=reference"}});
  for (const char* part : {"load ", " ms", "prompt 4 tokens", "generated 5 tokens", "peak memory ",
                           "kernels reference", "seed 9\n"})
    CHECK_MESSAGE(ended.said.find(part) != std::string::npos, part);
  CHECK(std::count(ended.said.begin(), ended.said.end(), '\n') == 1);
}

TEST_CASE("An empty prompt starts from the begin token") {
  const Writer writer;
  CHECK(writer.text({"-p", "", "--ids"}) == writer.text({"--prompt-ids", "1", "--ids"}));
  CHECK(writer.text({"--ids"}) == writer.text({"-p", "", "--ids"}));  // nothing on standard input
}

TEST_CASE("A prompt from a file or standard input is the same as one from the command line") {
  const Writer writer;
  const std::string expected = writer.text({"-p", "the cat"});
  CHECK(writer.text({}, {.input = "the cat\n"}) == expected);
  CHECK(writer.text({"-p", "-"}, {.input = "the cat"}) == expected);
  CHECK(writer.text({"-f", "-"}, {.input = "the cat\r\n"}) == expected);
  CHECK(writer.text({"-f", writer.scratch.write("p", "\xEF\xBB\xBFthe cat\n")}) == expected);
  CHECK(writer.text({"-p", "the cats"}) != expected);
}

TEST_CASE("Text that is not UTF-8 is repaired with a remark, or refused if that is asked for") {
  const Writer writer;
  const Words call = {"-p", "a\xFF", "-n", "5", "--seed", "5"};
  const Ended repaired = writer.ask(call);
  CHECK(repaired.code == 0);
  CHECK(repaired.said.find("not valid UTF-8") != std::string::npos);
  const Words same = {"-p", "a\xEF\xBF\xBD", "-n", "5", "--seed", "5"};
  CHECK(repaired.out == writer.ask(same).out);
  CHECK(writer.ask(with(call, {"--strict-utf8"})).code == 2);
}

TEST_CASE("Text that looks like a special token is text unless it is to be parsed") {
  const Writer writer;
  const auto tokens = [&](const Words& more) {
    const Ended ended = writer.ask(with({"-p", "<s>", "-n", "1", "--json"}, more));
    return events(ended.out).back()["prompt_tokens"].get<int>();
  };
  CHECK(tokens({}) == 4);
  CHECK(tokens({"--parse-special"}) == 2);
}

TEST_CASE("What is printed is whole characters, and --echo puts the prompt before it") {
  const Writer writer;
  const std::string plain = writer.text({"-p", "h\xC3\xA9", "--temp", "2"});
  CHECK(linnet::text::is_utf8(plain));
  CHECK(plain.ends_with('\n'));
  CHECK(writer.text({"-p", "h\xC3\xA9", "--temp", "2", "--echo"}) == "h\xC3\xA9" + plain);
  const std::string file = writer.scratch.path("out");
  CHECK(writer.ask({"-p", "h\xC3\xA9", "--temp", "2", "-n", "30", "--seed", "5", "-o", file}).out ==
        "");
  CHECK(contents(file) == plain);
}

TEST_CASE("Events are JSON lines whose tokens add up to the result") {
  const Writer writer;
  const Ended ended =
      writer.ask({"-p", "the", "-n", "40", "--temp", "3", "--json", "--seed", "3", "--stop", "zq"});
  CHECK(ended.code == 0);
  CHECK(ended.said == "");
  const std::vector<json> all = events(ended.out);
  REQUIRE(all.size() == 42);
  std::vector<int> ids;
  std::string text;
  for (std::size_t i = 0; i < 40; ++i) {
    CHECK(all[i]["event"] == "token");
    ids.push_back(all[i]["id"]);
    text += all[i]["text"];
  }
  const json& result = all[40];
  CHECK(result["event"] == "result");
  CHECK(result["ids"] == ids);
  CHECK(result["text"].get<std::string>().starts_with(text));
  CHECK(result["finish"] == "length");
  CHECK(result["tokens"] == 40);
  CHECK(all[41]["event"] == "stats");
  CHECK(all[41]["seed"] == 3);
  for (const char* number : {"load_ms", "prompt_tokens_per_second", "tokens_per_second"})
    CHECK(all[41][number].is_number());
}

TEST_CASE("A stop string ends the text before it") {
  const Writer writer;
  const std::string all = writer.text({"-p", "the", "-n", "60"});
  const std::size_t letter = all.find_first_of("abcdefghijklmnopqrstuvwxyz", 5);
  REQUIRE(letter != std::string::npos);
  const std::string stop(1, all[letter]);
  const std::string cut = writer.text({"-p", "the", "-n", "60", "--stop", "##", "--stop", stop});
  CHECK(cut == all.substr(0, all.find(stop)) + "\n");
  const Ended ended =
      writer.ask({"-p", "the", "-n", "60", "--seed", "5", "--stop", stop, "--json"});
  CHECK(events(ended.out)[events(ended.out).size() - 2]["finish"] == "stop");
  CHECK(writer.ask({"-p", "the", "--stop", ""}).code == 2);
}

TEST_CASE("A prompt longer than the context ends with 4 and both numbers, unless it may be cut") {
  const Writer writer;
  const Words call = {"-p", "abcdefghijklmnopqrst", "-c", "16", "-n", "4", "--json"};
  const Ended refused = writer.ask(call);
  CHECK(refused.code == 4);
  CHECK(refused.said.find("21 tokens") != std::string::npos);
  CHECK(refused.said.find("holds 16") != std::string::npos);
  const std::vector<json> error = events(refused.out);
  REQUIRE(error.size() == 1);
  CHECK(error[0]["event"] == "error");
  CHECK(error[0]["code"] == 4);
  CHECK_FALSE(error[0]["hint"].get<std::string>().empty());
  const auto ids = [&](const Words& more) {
    const Ended ended = writer.ask(with({"-n", "4", "-c", "16", "--seed", "1", "--json"}, more));
    CHECK(ended.code == 0);
    const std::vector<json> all = events(ended.out);
    return all[all.size() - 2]["ids"].get<std::vector<int>>();
  };
  // 12 tokens are kept, the begin token among them.
  CHECK(ids({"-p", "abcdefghijklmnopqrst", "--truncate", "right"}) == ids({"-p", "abcdefghijk"}));
  CHECK(ids({"-p", "abcdefghijklmnopqrst", "--truncate", "left"}) == ids({"-p", "jklmnopqrst"}));
}

TEST_CASE("More memory than allowed ends with 4 before anything is loaded") {
  const Writer writer;
  const Ended small = writer.ask({"-p", "a", "--max-memory", "1K"});
  CHECK(small.code == 4);
  CHECK(small.said.find("--max-memory allows 1.0 kB") != std::string::npos);
  const Ended wide = writer.ask({"-p", "a", "-c", "100000", "--max-memory", "4M"});
  CHECK(wide.code == 4);
  const json all = json::parse(run("linnet", {"info", writer.model, "--json"}).out);
  const std::int64_t own = all["memory"]["total_bytes"].get<std::int64_t>();
  const Ended exact = writer.ask({"-p", "a", "-n", "1", "--max-memory", std::to_string(own)});
  CHECK(exact.code == 0);
  CHECK(exact.said.find("instead of") == std::string::npos);
  const Ended less = writer.ask({"-p", "a", "-n", "1", "--max-memory", std::to_string(own - 1)});
  CHECK(less.code == 0);
  CHECK(less.said.find("instead of the model's 200") != std::string::npos);
}

TEST_CASE("An output that is also an input is refused and keeps its bytes") {
  const Writer writer;
  const std::string before = contents(writer.model);
  CHECK(writer.ask({"-p", "a", "-o", writer.model}).code == 2);
  CHECK(contents(writer.model) == before);
}

TEST_CASE("SIGINT and SIGTERM end a text with whole characters, a report and 130 or 143") {
  const Writer writer;
  for (const int signal : {SIGINT, SIGTERM}) {
    const Ended ended = writer.ask({"-p", "the", "-c", "1000000", "--cache-type", "f16"},
                                   {.input = "", .signal_after_output = signal});
    CHECK(ended.code == 128 + signal);
    CHECK(linnet::text::is_utf8(ended.out));
    CHECK(ended.out.ends_with('\n'));
    CHECK(ended.said.find("generated ") != std::string::npos);
  }
}

TEST_CASE("SIGINT also ends a program that waits for its standard input") {
  const Writer writer;
  const Ended ended = writer.ask(
      {}, {.input = "half a prompt", .signal_after_output = SIGINT, .keep_input_open = true});
  CHECK(ended.code == 130);
  CHECK(ended.out == "");
}

TEST_CASE("A model without a tokenizer speaks in token ids") {
  const Scratch scratch;
  const std::string model =
      write(scratch, "model", tiny_model(tiny_gpt2(), linnet::core::Dtype::f32));
  const Ended ended = run("linnet", {"generate", "-m", model, "--prompt-ids", "3, 5 7", "--ids",
                                     "-n", "6", "--temp", "0"});
  CHECK(ended.code == 0);
  std::istringstream numbers(ended.out);
  int count = 0;
  for (int id; numbers >> id; ++count) CHECK((id >= 0 && id < 89));
  CHECK(count == 6);
  CHECK(run("linnet", {"generate", "-m", model, "-p", "text", "--ids"}).code == 2);
  CHECK(run("linnet", {"generate", "-m", model, "--prompt-ids", "89", "--ids"}).code == 2);
  CHECK(run("linnet", {"generate", "-m", model, "--prompt-ids", "1,x", "--ids"}).code == 2);
  CHECK(run("linnet", {"generate", "-m", model, "--prompt-ids", "1"}).code == 2);
}

TEST_CASE("More threads than processors finish, and a remark says so") {
  const Writer writer;
  const Ended ended = writer.ask({"-p", "the", "-n", "3", "--seed", "5", "-t", "67"});
  CHECK(ended.code == 0);
  CHECK(ended.said.find("67 threads share ") != std::string::npos);
  CHECK(ended.out == writer.ask({"-p", "the", "-n", "3", "--seed", "5", "-t", "1"}).out);
}

TEST_CASE("A small stack, a foreign locale and no home do not matter") {
  const Writer writer;
  const bool native =
      std::string(LINNET_EMULATOR).empty();  // the emulator wants a stack of its own
  const How poor{.input = "",
                 .environment = {"LC_ALL=de_DE.UTF-8", "LANG=de_DE.UTF-8", "HOME=/nowhere"},
                 .stack = native ? 128 << 10 : 0};
  CHECK(writer.text({"-p", "the", "--temp", "0.5"}, poor) ==
        writer.text({"-p", "the", "--temp", "0.5"}));
}

}  // namespace
