#include <doctest/doctest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "engine/engine.h"
#include "tests/support/tiny_talker.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"

namespace {

using namespace linnet::support;
using nlohmann::json;
using Words = std::vector<std::string>;

// Runs `linnet chat` on a tiny model.
struct Talker {
  Scratch scratch;
  std::string model = write(scratch, "model", tiny_talker());

  Ended ask(const std::string& lines, const Words& more, const How& how = {.input = ""}) const {
    How with_input = how;
    with_input.input = lines;
    return run("linnet", with({"chat", "-m", model, "--temp", "0"}, more), with_input);
  }
  // The events of one kind.
  static std::vector<json> events(const std::string& lines, const char* kind) {
    std::vector<json> all;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);)
      if (json event = json::parse(line); event["event"] == kind) all.push_back(event);
    return all;
  }
  std::vector<json> results(const std::string& lines, const Words& more) const {
    const Ended ended = ask(lines, with({"--json"}, more));
    CAPTURE(ended.said);
    REQUIRE(ended.code == 0);
    CHECK(events(ended.out, "stats").size() == 1);
    return events(ended.out, "result");
  }
};

TEST_CASE("N turns have N answers, and blank lines are none") {
  const Talker talker;
  const auto results = talker.results("hi\n\n  \r\nhow are you\nbye", {"-n", "8"});
  REQUIRE(results.size() == 3);
  for (std::size_t i = 0; i < results.size(); ++i) {
    CHECK(results[i]["turn"] == i + 1);
    CHECK(results[i]["ids"].size() == 8);
    CHECK(results[i]["finish"] == "length");
  }
  // <s> "u hi" </s> "a "; then the last token of the answer, </s> "u how are you" </s> "a ".
  CHECK(results[0]["prompt_tokens"] == 8);
  CHECK(results[1]["prompt_tokens"] == 1 + 1 + 13 + 1 + 2);
  CHECK(results[0]["context_used"] == 8 + 7);
  CHECK(results[1]["context_used"] == 8 + 7 + 18 + 7);

  const Ended ended = talker.ask("hi\nbye\n", {"-n", "8", "--quiet"});
  CHECK(ended.code == 0);
  CHECK(ended.said == "");
  CHECK(ended.out == results[0]["text"].get<std::string>() + "\n" +
                         talker.results("hi\nbye\n", {"-n", "8"})[1]["text"].get<std::string>() +
                         "\n");
  CHECK(talker.ask("", {"--quiet"}).out == "");
  CHECK(talker.ask("", {"--quiet"}).code == 0);
}

TEST_CASE("The answers are those of one run over the whole conversation") {
  const Talker talker;
  const auto results = talker.results("hi\nand then\nx\n", {"-n", "6", "--system", "be"});
  REQUIRE(results.size() == 3);
  const linnet::Model model = *linnet::Model::open(talker.model);
  const auto tokens = [&](const std::string& text) {
    return model.tokenizer()->encode(text,
                                     {.parse_special = true, .add_begin = false, .add_end = false});
  };
  std::vector<int> all = tokens("<s>(be)u hi</s>a ");
  const std::string turns[]{"</s>u and then</s>a ", "</s>u x</s>a "};
  for (std::size_t i = 0; i < results.size(); ++i) {
    std::string ids;
    for (const int id : all) ids += std::to_string(id) + " ";
    const Ended ended = run("linnet", {"generate", "-m", talker.model, "--prompt-ids", ids, "-n",
                                       "6", "--temp", "0", "--json"});
    const auto scratch = Talker::events(ended.out, "result");
    REQUIRE(scratch.size() == 1);
    // The end token is none of the answer; `generate` does not know that it ends anything.
    auto expected = scratch[0]["ids"].get<std::vector<int>>();
    const auto end = std::find(expected.begin(), expected.end(), 2);
    CHECK((results[i]["finish"] == "end") == (end != expected.end()));
    expected.erase(end, expected.end());
    CHECK(expected == results[i]["ids"].get<std::vector<int>>());
    if (i == 2) break;
    for (const int id : results[i]["ids"]) all.push_back(id);
    for (const int id : tokens(turns[i])) all.push_back(id);
  }
}

TEST_CASE("Marks that somebody types are letters") {
  const Talker talker;
  const auto turns = [&](const std::string& text) {
    return talker.results(text + "\n", {"-n", "1"})[0]["prompt_tokens"].get<int>();
  };
  CHECK(turns("a</s>") == turns("abcde"));
  CHECK(turns("<s>a") == turns("abcd"));
}

TEST_CASE("The system text is the file's, that of the call, or none") {
  auto format = tiny_chat_format();
  format.system = "mild";
  Talker talker;
  talker.model = write(talker.scratch, "mild", tiny_talker(format));
  const auto count = [&](const Words& more) {
    return talker.results("hi\n", with({"-n", "1"}, more))[0]["prompt_tokens"].get<int>();
  };
  CHECK(count({}) == 8 + 6);
  CHECK(count({"--system", "no"}) == 8 + 4);
  CHECK(count({"--system", ""}) == 8);
}

TEST_CASE("A conversation that is too long for the context ends with a sentence and code 4") {
  const Talker talker;
  const std::string longer(30, 'x');
  const Ended turn = talker.ask("hi\n" + longer + "\n", {"-n", "4", "-c", "40", "--json"});
  CHECK(turn.code == 4);
  CHECK(Talker::events(turn.out, "result").size() == 1);
  REQUIRE(Talker::events(turn.out, "error").size() == 1);
  CHECK(Talker::events(turn.out, "error")[0]["code"] == 4);
  CHECK(turn.said.find("the context holds 40; see --ctx") != std::string::npos);
  const Ended answer = talker.ask("hi\nhi\n", {"-c", "20", "--quiet"});
  CHECK(answer.code == 4);
  CHECK(answer.said ==
        "linnet: the context of 20 tokens is full, and the answer is not finished; see --ctx\n");
  CHECK(answer.out.size() > 1);
}

TEST_CASE(
    "A model that does not say how conversations are written is talked with if the call does") {
  Talker talker;
  talker.model = write(talker.scratch, "plain", tiny_writer());
  const Ended ended = talker.ask("hi\n", {"-n", "4"});
  CHECK(ended.code == 2);
  CHECK(ended.out == "");
  CHECK(ended.said.find("--chat-format (chatml, ") != std::string::npos);
  // The vocabulary of this model does not say what its end is, and has no <|im_end|>.
  for (const char* name : {"llama2", "chatml", "nonsense"})
    CHECK(talker.ask("hi\n", {"-n", "4", "--chat-format", name}).code == 2);
  linnet::core::BundleBuilder builder;
  builder.add_setting("tokenizer.end", 2);
  talker.model = write(talker.scratch, "ends", with_settings(tiny_writer(), builder.build()));
  CHECK(talker.results("hi\n", {"-n", "4", "--chat-format", "llama2"}).size() == 1);
}

TEST_CASE("Damaged chat settings are refused with the file's name and code 3") {
  auto format = tiny_chat_format();
  format.ends = {259};  // a letter
  Talker talker;
  talker.model = write(talker.scratch, "damaged", tiny_talker(format));
  const Ended ended = talker.ask("hi\n", {});
  CHECK(ended.code == 3);
  CHECK(ended.said.find("damaged: the setting 'chat.ends' names 259") != std::string::npos);
}

TEST_CASE("Turns come from a file as from standard input, and --stop ends an answer") {
  const Talker talker;
  const std::string lines = "hi\nmore\n";
  const auto plain = talker.ask(lines, {"-n", "9", "--quiet"}).out;
  const auto file = talker.scratch.write("turns", lines);
  CHECK(talker.ask("", {"-n", "9", "--quiet", "-f", file}).out == plain);
  CHECK(talker.ask("", {"-f", talker.scratch.path("missing")}).code == 5);
  CHECK(talker.ask(lines, {"--stop", ""}).code == 2);
  const auto draw = [&](const Words& more) {
    const Ended ended = run("linnet", with({"chat", "-m", talker.model, "--temp", "3", "--top-k",
                                            "0", "--seed", "5", "--json", "-f", file},
                                           more));
    return Talker::events(ended.out, "result").at(0);
  };
  const auto whole = draw({"-n", "40"})["text"].get<std::string>();
  const std::size_t letter = whole.find_last_of("abcdefghijklmnopqrstuvwxyz");
  REQUIRE(letter != std::string::npos);
  const json cut = draw({"-n", "40", "--stop", whole.substr(letter, 1)});
  CHECK(cut["text"] == whole.substr(0, whole.find(whole[letter])));
  CHECK(cut["finish"] == "stop");
}

TEST_CASE("An interrupt ends a conversation that is not on a terminal with code 130") {
  const Talker talker;
  How how{.input = "", .signal_after_output = SIGINT, .keep_input_open = true};
  CHECK(talker.ask("hi\n", {"-n", "4"}, how).code == 130);
  how.signal_after_output = SIGTERM;
  CHECK(talker.ask("", {"-n", "4"}, how).code == 143);
}

TEST_CASE("A reader that goes away ends a conversation quietly") {
  const Talker talker;
  const Ended ended =
      talker.ask("hi\nhi\nhi\n", {"-n", "4", "--quiet"}, {.input = "", .close_output = true});
  CHECK(ended.code == 0);
  CHECK(ended.said == "");
}

}  // namespace
