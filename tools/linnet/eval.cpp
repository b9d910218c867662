#include <algorithm>
#include <array>
#include <set>

#include "tools/common/progress.h"
#include "tools/common/signals.h"
#include "tools/linnet/command.h"
#include "tools/linnet/eval_scores.h"
#include "tools/linnet/line_files.h"
#include "tools/linnet/metrics/lowercase.h"
#include "tools/linnet/metrics/words.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

constexpr std::array<const char*, 4> kMetrics = {"bleu", "chrf", "token-error", "line-error"};

// The parts of a comma-separated list.
std::set<std::string> parts_of(const std::string& list) {
  std::set<std::string> parts;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    parts.insert(list.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

// What is wrong with a value of --metric; nothing if it is right.
std::string wrong_metric(const std::string& list) {
  for (const std::string& part : parts_of(list))
    if (std::find(kMetrics.begin(), kMetrics.end(), part) == kMetrics.end())
      return say("'", part, "' is not a metric, they are bleu, chrf, token-error and line-error");
  return "";
}

class Eval : public Command {
 public:
  CLI::App* declare(CLI::App& program) override {
    CLI::App* command = add_command(
        program, "eval",
        "Compares lines with references. BLEU and chrF are those of sacreBLEU and state their "
        "signature. For pronunciations, with alternatives apart by tabs, line-error is the word "
        "error rate and token-error the phoneme error rate",
        "linnet eval -i translated.txt -r reference.txt");
    Flags flags(*command);
    flags.group("Text");
    flags.text("-i,--input", input_, "FILE", "Lines to judge, - for standard input");
    require(flags.texts(
        "-r,--references", references_, "FILE",
        "What they should be, as many lines; required. Given again: further references"));
    flags.on("--tabs", tabs_,
             "A line of references is one or more of them, apart by tabs; empty ones do not count");
    flags.group("Measure");
    CLI::Option* metric = flags.text(
        "--metric", metric_, "LIST",
        "Any of these, apart by commas. bleu: n-grams of 1 to 4 tokens (13a), exponential "
        "smoothing. chrf: n-grams of 1 to 6 characters. token-error: edits to the nearest "
        "reference per blank-separated token of it, the word error rate of sentences. "
        "line-error: lines that equal none of their references");
    tools::check(metric, wrong_metric);
    flags.integer("--chrf-word-order", word_order_, 0, 2, "N",
                  "Let chrF count n-grams of up to so many words too; 2: chrF++");
    flags.on("--lowercase", lowercase_, "Ignore case");
    flags.on("--strip-digits", strip_digits_,
             "Ignore digits at the end of tokens, the stress marks of ARPAbet phonemes; not for "
             "bleu and chrf");
    flags.group("Output");
    flags.on("--json", json_, "Write events, one JSON object a line: result, error");
    flags.on("--quiet", quiet_, "No remarks and no progress on standard error");
    return command;
  }

  Result<int> run(Output& out) override {
    if (const core::Status fine = check(); !fine) return fine.error();
    const auto prepare = [this](std::string text) { return prepared(std::move(text)); };
    const Result<File> input = LineFile::read(input_, prepare, quiet_);
    if (!input) return input.error();
    if (signals::stop()) return signals::exit_code();  // before half an input is compared
    std::vector<File> references;
    for (const std::string& path : references_) {
      Result<File> reference = LineFile::read(path, prepare, quiet_);
      if (!reference) return reference.error();
      if ((*reference)->size() != (*input)->size())
        return Error{Fault::corrupt, say((*input)->name(), " has ", (*input)->size(), " lines and ",
                                         (*reference)->name(), " has ", (*reference)->size(),
                                         "; to be compared they must have as many")};
      references.push_back(std::move(*reference));
    }
    if (signals::stop()) return signals::exit_code();
    if ((*input)->size() == 0)
      return Error{Fault::bad_argument, say((*input)->name(), " has no lines to compare")};
    const Scores scores = measure(**input, references);
    if (signals::stop()) return signals::exit_code();
    out.write(json_ ? events_of(scores) : report_of(scores));
    return 0;
  }

 private:
  using File = std::unique_ptr<LineFile>;

  bool wants(const char* metric) const { return wanted_.count(metric) > 0; }

  core::Status check() {
    wanted_ = parts_of(metric_);
    if (strip_digits_ && (wants("bleu") || wants("chrf")))
      return Error{Fault::bad_argument,
                   "--strip-digits is for --metric token-error,line-error: with it, BLEU and chrF "
                   "would not be sacreBLEU's"};
    if (std::count(references_.begin(), references_.end(), "-") + (input_ == "-" ? 1 : 0) > 1)
      return Error{Fault::bad_argument,
                   "standard input can be read only once; name a file with --input"};
    return core::Done{};
  }

  std::string prepared(std::string text) const {
    if (lowercase_) text = metrics::lowercase(text);
    if (strip_digits_) text = metrics::without_final_digits(text);
    return text;
  }

  Scores measure(const LineFile& input, const std::vector<File>& files) const {
    Scores scores;
    scores.word_order = word_order_;
    scores.lowercase = lowercase_;
    if (wants("bleu")) scores.bleu.emplace();
    if (wants("chrf")) scores.chrf.emplace(word_order_);
    scores.tell_tokens = wants("token-error");
    scores.tell_lines = wants("line-error");
    const bool errors = scores.tell_tokens || scores.tell_lines;
    Progress progress("comparing", static_cast<std::int64_t>(input.size()), quiet_);
    for (std::size_t line = 0; line < input.size() && !signals::stop(); ++line) {
      std::vector<std::string_view> references;
      for (const File& file : files) {
        const std::string_view text = (*file)[line];
        const auto several = tabs_ ? alternatives_of(text) : std::vector{text};
        references.insert(references.end(), several.begin(), several.end());
      }
      scores.references.add(references.size());
      if (scores.bleu) scores.bleu->add(input[line], references);
      if (scores.chrf) scores.chrf->add(input[line], references);
      if (errors) scores.errors.add(input[line], references);
      progress.update(static_cast<std::int64_t>(line) + 1);
    }
    return scores;
  }

  std::string input_ = "-", metric_ = "bleu,chrf";
  std::vector<std::string> references_;
  std::set<std::string> wanted_;
  int word_order_ = 0;
  bool tabs_ = false, lowercase_ = false, strip_digits_ = false, quiet_ = false;
};

}  // namespace

std::unique_ptr<Command> make_eval() { return std::make_unique<Eval>(); }

}  // namespace linnet::tools
