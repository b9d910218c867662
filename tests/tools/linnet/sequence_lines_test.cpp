// What translate, score, eval and a beam search of generate do about lines, ends and machines that
// are not as usual.
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/scratch.h"
#include "tests/support/slow.h"
#include "tests/support/tiny_translator.h"
#include "tests/tools/linnet/program.h"
#include "tests/tools/linnet/tiny_files.h"

namespace {

using namespace linnet::support;
using Words = std::vector<std::string>;

struct Lines {
  Scratch scratch;
  std::string model = write(scratch, "translator", tiny_translator());
  std::string writer = write(scratch, "writer", tiny_writer());

  Words translate(const Words& more = {}) const {
    return with({"translate", "-m", model, "-n", "9"}, more);
  }
  Words score(const std::string& targets, const Words& more = {}) const {
    return with({"score", "-m", model, "-r", scratch.write("targets", targets)}, more);
  }
  Words eval(const std::string& references, const Words& more = {}) const {
    return with({"eval", "-r", scratch.write("references", references)}, more);
  }
  Words beams(const Words& more = {}) const {
    return with({"generate", "-m", writer, "-p", "the", "-n", "9", "-b", "4"}, more);
  }
};

// The output of a quiet call that goes well.
std::string quiet(const Words& call, const std::string& input) {
  const Ended ended = run("linnet", with(call, {"--quiet"}), {.input = input});
  CAPTURE(ended.said);
  CHECK(ended.code == 0);
  CHECK(ended.said == "");
  return ended.out;
}

TEST_CASE("Marks of byte order, ends of lines and a missing last one change nothing") {
  const Lines lines;
  const std::string plain = "linnet\n\nfinch\n";
  const std::string odd = "\xEF\xBB\xBFlinnet\r\n\r\nfinch";
  CHECK(quiet(lines.translate(), odd) == quiet(lines.translate(), plain));
  CHECK(quiet(lines.score("\xEF\xBB\xBFw1\r\n\r\nw2"), odd) ==
        quiet(lines.score("w1\n\nw2\n"), plain));
  CHECK(quiet(lines.eval("a b c d\n"),
              "\xEF\xBB\xBF"
              "a b c d") == quiet(lines.eval("a b c d\n"), "a b c d\n"));
}

TEST_CASE("Empty lines count in score and eval") {
  const Lines lines;
  const std::string sums = quiet(lines.score("w1\n\n\n"), "\n\nfinch\n");
  CHECK(sums.starts_with("\n\n-"));
  CHECK(std::count(sums.begin(), sums.end(), '\n') == 3);
  CHECK(quiet(lines.score(""), "") == "");
  CHECK(quiet(lines.eval("\n\na\n", {"--metric", "line-error"}), "\n\nb\n") ==
        "line error = 33.33 % (1 of 3 lines)\n");
}

TEST_CASE("What is not UTF-8 is repaired with a remark; a NUL byte is a character like others") {
  const Lines lines;
  const std::string nul(1, '\0'), repaired = "\xEF\xBF\xBD";
  const auto same = [&](const Words& call, const std::string& broken, const std::string& whole) {
    const Ended ended = run("linnet", call, {.input = broken});
    CAPTURE(call[0]);
    CHECK(ended.code == 0);
    CHECK(ended.said.find("not valid UTF-8") != std::string::npos);
    CHECK(ended.out == run("linnet", call, {.input = whole}).out);
  };
  same(lines.translate(),
       "a\xFF\xFE"
       "b\nfinch\n",
       "a" + repaired + repaired + "b\nfinch\n");
  same(lines.score("w1\nw2\n"), "a\xC3\nfinch\n", "a" + repaired + "\nfinch\n");
  same(lines.eval("a\n"), "a\xFF\n", "a" + repaired + "\n");
  const Ended strict = run("linnet", lines.translate({"--strict-utf8"}), {.input = "a\nb\xFF\n"});
  CHECK(strict.code == 2);
  CHECK(strict.said.find("line 2 is not valid UTF-8") != std::string::npos);
  const std::string text = "ab" + nul + "c\nx\n";

  for (const Words& call : {lines.translate(), lines.score("w1\nw" + nul + "2\n")}) {
    const std::string out = quiet(call, text);
    CHECK(std::count(out.begin(), out.end(), '\n') == 2);
  }
  CHECK(quiet(lines.eval(text, {"--metric", "line-error"}), text) ==
        "line error = 0.00 % (0 of 2 lines)\n");
}

TEST_CASE("The names of special tokens in a source or a target are plain text") {
  const Lines lines;
  const auto tokens = [&](const std::string& source, const std::string& target) {
    const std::string out = quiet(lines.score(target + "\n", {"--json"}), source + "\n");
    return nlohmann::json::parse(out.substr(0, out.find('\n')))["ids"];
  };
  CHECK(tokens("a", "w1 </s> w2") == nlohmann::json({4, 0, 5}));
  const auto sources = [&](const std::string& line) {
    const Ended ended = run("linnet", lines.translate({"--json"}), {.input = line + "\n"});
    const std::string report = ended.out.substr(ended.out.find('\n') + 1);
    return nlohmann::json::parse(report)["source_tokens"].get<int>();
  };
  CHECK(sources("a</s>b") == 6);
}

TEST_CASE("A line of more than 64 MB ends with 4, named by its number, after those before it") {
  if (very_slow()) return;
  const Lines lines;
  const std::string file = lines.scratch.path("long");
  {
    std::ofstream out(file, std::ios::binary);
    out << "finch\n";
    const std::string piece(1 << 20, 'a');
    for (int i = 0; i < 65; ++i) out << piece;
    out << "\nfinch\n";
  }
  const auto refused = [&](const Words& call, const std::string& part, int answered) {
    const Ended ended = run("linnet", with(call, {"--quiet"}), {.input = ""});
    CAPTURE(ended.said);
    CHECK(ended.code == 4);
    CHECK(ended.said.find(part) != std::string::npos);
    CHECK(std::count(ended.out.begin(), ended.out.end(), '\n') == answered);
  };
  refused(lines.translate({"-i", file}), file + ": line 2 has more than", 1);
  refused(lines.score("w1\nw2\nw3\n", {"-i", file}), file + ": line 2 has more than", 1);
  const std::string three = lines.scratch.write("three", "a\nb\nc\n");
  refused({"score", "-m", lines.model, "-i", three, "-r", file}, file + ": line 2 has more", 1);
  refused(lines.eval("a\nb\nc\n", {"-i", file}), file + " has more than", 0);
}

TEST_CASE("Where every token is forbidden the target is an empty line, and a sentence says so") {
  const Lines lines;
  Words never = {"--min-tokens", "1"};
  for (int i = 0; i < 50; ++i)
    for (const std::string& word : {std::string("--suppress"), "w" + std::to_string(i)})
      never.push_back(word);
  for (const char* special : {"<unk>", "<s>"}) never.insert(never.end(), {"--suppress", special});
  for (const char* beams : {"1", "4"}) {
    const Ended ended =
        run("linnet", lines.translate(with(never, {"-b", beams})), {.input = "a\n\nb\n"});
    CHECK(ended.code == 0);
    CHECK(ended.out == "\n\n\n");
    CHECK(ended.said.find("line 1 has no target") != std::string::npos);
    CHECK(ended.said.find("line 2 has no target") == std::string::npos);
    CHECK(ended.said.find("line 3 has no target") != std::string::npos);
  }
}

TEST_CASE("A full disk ends with 5 and a sentence, a reader that goes away quietly") {
  const Lines lines;
  const std::string some = lines.scratch.write("some", "finch\nlinnet\n");
  for (const Words& call :
       {lines.translate({"-i", some}), lines.score("w1\nw2\n", {"-i", some}),
        lines.eval("a\nb\n", {"-i", some}), lines.beams(),
        Words{"bench", "--seq2seq-shape", "64,1,1,4,64,64", "--repeats", "1"}}) {
    CAPTURE(call[0]);
    const Ended full = run("linnet", call, {.input = "", .output_to = "/dev/full"});
    CHECK(full.code == 5);
    CHECK(full.said.find("cannot be written: No space left on device") != std::string::npos);
    const Ended left = run("linnet", with(call, {"--quiet"}), {.input = "", .close_output = true});
    CHECK(left.code == 0);
    CHECK(left.said == "");
  }
  for (const Words& call :
       {lines.translate({"-i", some, "-o", "/dev/full"}), lines.beams({"-o", "/dev/full"})}) {
    const Ended full = run("linnet", call);
    CHECK(full.code == 5);
    CHECK(full.said.find("/dev/full cannot be written") != std::string::npos);
  }
}

TEST_CASE("A call that is refused leaves an older output as it was, one that is done fills it") {
  const Lines lines;
  const std::string kept = lines.scratch.write("kept", "as it was");
  for (const Words& call : {lines.translate({"-i", lines.scratch.path("missing"), "-o", kept}),
                            lines.beams({"-c", "2", "-o", kept})}) {
    CHECK(run("linnet", call).code >= 4);
    CHECK(contents(kept) == "as it was");
  }
  CHECK(run("linnet", lines.beams({"-o", kept})).out == "");
  CHECK(contents(kept) == quiet(lines.beams(), ""));
  CHECK(run("linnet", lines.translate({"-o", kept}), {.input = "finch\n"}).out == "");
  CHECK(contents(kept) == quiet(lines.translate(), "finch\n"));
}

TEST_CASE("SIGINT and SIGTERM end each command with 130 and 143, while it waits or works") {
  const Lines lines;
  for (const int signal : {SIGINT, SIGTERM}) {
    const How waits{.input = "finch\n", .signal_after_output = signal, .keep_input_open = true};
    const Ended translated = run("linnet", lines.translate(), waits);
    CHECK(translated.code == 128 + signal);
    CHECK((translated.out == "" || translated.out == quiet(lines.translate(), "finch\n")));
    const Ended scored = run("linnet", lines.score("w1\nw2\n"), waits);
    CHECK(scored.code == 128 + signal);
    CHECK((scored.out == "" || scored.out == quiet(lines.score("w1\n"), "finch\n")));
    const Ended judged = run("linnet", lines.eval("a\nb\n"), waits);
    CHECK(judged.code == 128 + signal);
    CHECK(judged.out == "");
  }
  // In the midst of a search that would take minutes.
  Words call = {"translate", "-m", lines.model, "--quiet", "-c", "200000", "--batch-tokens", "32"};
  call = with(call, {"-b", "1", "--min-tokens", "190000"});
  const Ended searched = run("linnet", call,
                             {.input = std::string(30, 'a') + "\n",
                              .signal_after_output = SIGINT,
                              .keep_input_open = true});
  CHECK(searched.code == 130);
  CHECK(searched.out == "");
  const Ended timed =
      run("linnet", {"bench", "-m", lines.model, "--target-tokens", "190000", "-b", "1", "--quiet"},
          {.input = "", .signal_after_output = SIGINT});
  CHECK(timed.code == 130);
  CHECK(timed.out.find("190000 tokens") == std::string::npos);
}

TEST_CASE(
    "More threads than processors, a foreign locale, no home and a small stack do not matter") {
  const Lines lines;
  const bool native =
      std::string(LINNET_EMULATOR).empty();  // the emulator wants a stack of its own
  const How poor{.input = "finch\n\nlinnet\n",
                 .environment = {"LC_ALL=de_DE.UTF-8", "LANG=de_DE.UTF-8", "HOME=/nowhere"},
                 .stack = native ? 128 << 10 : 0};
  const How rich{.input = poor.input};
  for (const Words& call :
       {lines.translate({"--scores"}), lines.score("w1\n\nw2\n", {"--per-token"}),
        lines.eval("a\n\nlinnet\n", {"--metric", "line-error"})}) {
    CAPTURE(call[0]);
    const Ended ended = run("linnet", call, poor);
    CHECK(ended.code == 0);
    CHECK(ended.out == run("linnet", call, rich).out);
    if (call[0] == "eval") continue;
    const Ended crowded = run("linnet", with(call, {"-t", "67"}), rich);
    CHECK(crowded.code == 0);
    CHECK(crowded.said.find("67 threads share ") != std::string::npos);
    CHECK(crowded.out == ended.out);
  }
}

}  // namespace
