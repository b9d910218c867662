#include <algorithm>
#include <cmath>

#include "engine/generate/log_softmax.h"
#include "kernels/kernels.h"
#include "tools/common/numbers.h"
#include "tools/common/progress.h"
#include "tools/common/signals.h"
#include "tools/linnet/answers.h"
#include "tools/linnet/around_flags.h"
#include "tools/linnet/command.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/line_reader.h"
#include "tools/linnet/model_flags.h"
#include "tools/linnet/model_kind.h"
#include "tools/linnet/prompt.h"
#include "tools/linnet/translation.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

struct Totals {
  std::int64_t lines = 0, tokens = 0;
  double log_prob = 0;

  double mean() const { return tokens > 0 ? -log_prob / static_cast<double>(tokens) : 0; }
};

// A target and what the model thinks of it: the log-probability of each token and of its end.
struct Judged {
  std::vector<int> tokens;
  std::vector<float> log_probs;
  float sum = 0;
};

class Score : public Command {
 public:
  CLI::App* declare(CLI::App& program) override {
    CLI::App* command = add_command(program, "score",
                                    "How likely an encoder-decoder finds given targets: for every "
                                    "source and its target, the sum "
                                    "of the log-probabilities of its tokens and of its end. An "
                                    "empty source gives an empty line",
                                    "linnet score -m model.linnet -i sources.txt -r targets.txt");
    Flags flags(*command);
    flags.group("Model");
    model_.declare_file(flags);
    model_.declare_session(flags);
    flags.group("Input");
    flags.text("-i,--input", input_, "FILE", "Sources, one a line, - for standard input");
    require(flags.text("-r,--targets", targets_, "FILE", "As many targets; required"));
    around_flags_.declare(flags);
    flags.group("Output");
    flags.on("--per-token", per_token_,
             "Write \" ||| \" and the log-probability of each token after the sum");
    flags.on("--summary", summary_, "Write the figures of all lines together instead");
    flags.on("--json", json_, "Write events, one JSON object a line: result, stats, error");
    flags.on("--quiet", quiet_, "No remarks, no progress and no report on standard error");
    return command;
  }

  Result<int> run(Output& out) override {
    if (input_ == "-" && targets_ == "-")
      return Error{Fault::bad_argument, "--input and --targets cannot both be standard input"};
    const Result<OpenedModel> opened = open_model(model_);
    if (!opened) return opened.error();
    const Model& model = opened->model;
    if (const core::Status fine = need_kind(model, model_.path, ModelKind::encoder_decoder); !fine)
      return fine.error();
    if (model.source_tokenizer() == nullptr || model.tokenizer() == nullptr)
      return Error{Fault::unsupported, say(model_.path, " has no vocabulary to read text with")};
    Result<model::Sequences> around = around_flags_.of(model);
    if (!around) return around.error();
    around_ = std::move(*around);
    Result<generate::Lanes> lanes = open_lanes(*opened, model_, 1, 1, quiet_);
    if (!lanes) return lanes.error();
    Result<LineReader> sources = LineReader::open(input_), targets = LineReader::open(targets_);
    if (!sources) return sources.error();
    if (!targets) return targets.error();
    room_.resize(static_cast<std::size_t>(model.spec().vocab));
    row_.resize(room_.size());
    return work(model, *lanes, *sources, *targets, out);
  }

 private:
  Result<int> work(const Model& model, generate::Lanes& lanes, LineReader& sources,
                   LineReader& targets, Output& out) {
    Totals totals;
    std::string source, target;
    while (!signals::stop() && !out.failed()) {
      const Result<LineReader::Got> from = sources.next(source, true);
      const Result<LineReader::Got> to = targets.next(target, true);
      if (!from) return from.error();
      if (!to) return to.error();
      if (signals::stop() || (*from == LineReader::Got::end && *to == LineReader::Got::end)) break;
      if (*from != *to) return different_counts(sources, targets, *from == LineReader::Got::end);
      const Result<Judged> judged = judge(model, lanes, source, target, sources.lines());
      if (!judged) return judged.error();
      write(out, *judged, totals);
    }
    if (signals::stop()) return signals::exit_code();
    report(out, totals);
    return 0;
  }

  static Error different_counts(const LineReader& sources, const LineReader& targets,
                                bool sources_ended) {
    const LineReader& shorter = sources_ended ? sources : targets;
    const LineReader& longer = sources_ended ? targets : sources;
    return {Fault::corrupt, say(shorter.name(), " has only ", shorter.lines(), " lines, and ",
                                longer.name(), " has more")};
  }

  Result<Judged> judge(const Model& model, generate::Lanes& lanes, const std::string& source,
                       const std::string& target, std::int64_t line) {
    const auto at_line = [&](const Error& error) {
      return Error{error.fault, say("line ", line, ": ", error.sentence)};
    };
    const Result<std::string> from = valid_text(source, say("line ", line), false, quiet_);
    const Result<std::string> to = valid_text(target, say("line ", line), false, quiet_);
    if (!from) return from.error();
    if (!to) return to.error();
    const Result<std::vector<int>> tokens =
        source_tokens(*model.source_tokenizer(), around_, *from, lanes.options().source_positions);
    if (!tokens) return at_line(tokens.error());
    if (tokens->empty()) return Judged{};
    const std::span<const int> view(*tokens);
    lanes.encode({&view, 1});
    Result<Judged> judged = force(model, lanes, *to);
    if (!judged) return at_line(judged.error());
    return judged;
  }

  // Feeds the target whatever the model would have chosen.
  Result<Judged> force(const Model& model, generate::Lanes& lanes, const std::string& target) {
    Judged judged;
    judged.tokens.assign(around_.forced_first.begin(), around_.forced_first.end());
    const std::size_t given = judged.tokens.size();
    const std::vector<int> own = model.tokenizer()->encode(
        target, {.parse_special = false, .add_begin = false, .add_end = false});
    judged.tokens.insert(judged.tokens.end(), own.begin(), own.end());
    std::vector<int> fed(around_.start.begin(), around_.start.end());
    fed.insert(fed.end(), judged.tokens.begin(), judged.tokens.end());
    if (fed.size() > static_cast<std::size_t>(lanes.options().positions))
      return Error{Fault::limit, say("the target has ", fed.size(),
                                     " tokens and there is room for ", lanes.options().positions)};
    const std::size_t first = around_.start.size() - 1;
    bool ranked = true;
    lanes.feed(0, fed, [&](int i, std::span<const float> logits) {
      const auto at = static_cast<std::size_t>(i);
      if (at < first) return;
      std::copy(logits.begin(), logits.end(), row_.begin());
      ranked = ranked && generate::log_softmax(row_, room_);
      const std::size_t next = at - first;
      const int token = next < judged.tokens.size() ? judged.tokens[next] : around_.ends.front();
      judged.log_probs.push_back(next < given ? 0.0f : row_[static_cast<std::size_t>(token)]);
      judged.sum += judged.log_probs.back();
    });
    if (!ranked) return not_numbers();
    return judged;
  }

  void write(Output& out, const Judged& judged, Totals& totals) const {
    const std::int64_t index = totals.lines++;
    totals.tokens += static_cast<std::int64_t>(judged.log_probs.size());
    totals.log_prob += double{judged.sum};
    if (json_) {
      JsonLine event;
      event.add("event", "result").add("line", index).add("sum", double{judged.sum});
      event.raw("ids", json_ids(judged.tokens));
      event.raw("log_probs", json_numbers(judged.log_probs));
      out.write(event.line());
    } else if (!summary_) {
      std::string text;
      if (!judged.log_probs.empty()) text = show_fixed(double{judged.sum}, 6);
      if (per_token_ && !text.empty()) text += " |||";
      for (const float p : judged.log_probs)
        if (per_token_) text += " " + show_fixed(double{p}, 6);
      out.write(text + "\n");
    }
    out.flush();
  }

  void report(Output& out, const Totals& totals) const {
    const double perplexity = std::exp(totals.mean());
    if (json_) {
      JsonLine line;
      line.add("event", "stats").add("lines", totals.lines).add("tokens", totals.tokens);
      line.add("log_prob", totals.log_prob).add("mean_nll", totals.mean());
      out.write(line.add("perplexity", perplexity).add("kernels", kernels::active().name).line());
      return;
    }
    const std::string text =
        say(totals.lines, " lines, ", totals.tokens, " tokens, mean NLL ",
            show_fixed(totals.mean(), 6), " nats, perplexity ", show_fixed(perplexity, 4));
    if (summary_)
      out.write(text + "\n");
    else
      remark(text, quiet_);
  }

  ModelFlags model_;
  AroundFlags around_flags_;
  model::Sequences around_;
  std::string input_ = "-", targets_;
  bool per_token_ = false, summary_ = false, quiet_ = false;
  std::vector<float> row_, room_;
};

}  // namespace

std::unique_ptr<Command> make_score() { return std::make_unique<Score>(); }

}  // namespace linnet::tools
