#include <unistd.h>

#include <chrono>

#include "engine/core/limits.h"
#include "kernels/kernels.h"
#include "tools/common/memory.h"
#include "tools/common/numbers.h"
#include "tools/common/progress.h"
#include "tools/common/signals.h"
#include "tools/linnet/around_flags.h"
#include "tools/linnet/command.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/line_reader.h"
#include "tools/linnet/machine.h"
#include "tools/linnet/model_flags.h"
#include "tools/linnet/model_kind.h"
#include "tools/linnet/prompt.h"
#include "tools/linnet/search_flags.h"
#include "tools/linnet/target_writer.h"
#include "tools/linnet/translation.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using generate::Hypothesis;

constexpr const char* kTranslateExample =
    "linnet translate -m model.linnet -i sources.txt --n-best 3";
constexpr std::size_t kWindow = 4096;  // lines that are sorted by length together

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Translate : public Command {
 public:
  CLI::App* declare(CLI::App& program) override;
  Result<int> run(Output& out) override;

 private:
  struct Numbers {  // of the report
    double load_seconds = 0, seconds = 0;
    std::int64_t lines = 0, source_tokens = 0, target_tokens = 0;
  };
  struct Reading {
    std::vector<SourceLine> lines;
    bool ended = false;
    core::Status problem = core::Done{};  // with a line that is not among them
  };

  core::Status check(const Model& model) const;
  Reading read_window(LineReader& reader, const Translation& translation);
  core::Status add_line(const std::string& line, std::int64_t number,
                        const Translation& translation, Reading& reading);
  Result<int> work(LineReader& reader, Translation& translation, TargetWriter& writer, Output& out,
                   Numbers& numbers);
  core::Status answer(std::span<SourceLine> lines, Translation& translation, TargetWriter& writer);
  core::Status stream(SourceLine& line, Translation& translation, TargetWriter& writer,
                      Output& out);
  void report(Output& out, const Numbers& numbers) const;

  ModelFlags model_;
  SearchFlags search_;
  AroundFlags around_;
  std::optional<std::string> text_;
  std::string input_ = "-", output_, prefix_;
  int max_tokens_ = 0, batch_tokens_ = 512;
  bool quiet_ = false, strict_utf8_ = false, stream_ = false;
  TargetFormat format_;
  bool talks_ = false;        // writes targets token by token where a line comes alone
  bool broken_utf8_ = false;  // has been remarked on
};

CLI::App* Translate::declare(CLI::App& program) {
  CLI::App* command =
      add_command(program, "translate",
                  "Turn every line of the input into its target with an encoder-decoder model: a "
                  "translation, a "
                  "pronunciation, a transliteration. An empty line gives an empty line",
                  kTranslateExample);
  Flags flags(*command);
  flags.group("Model");
  model_.declare_file(flags);
  model_.declare_session(flags);
  flags.group("Input");
  auto* from_file = flags.text("-i,--input,-f,--file", input_, "FILE",
                               "Lines to translate, - for standard input");
  exclude(flags.text("-p,--prompt", text_, "TEXT", "One line to translate"), from_file);
  flags.on("--strict-utf8", strict_utf8_,
           "Refuse a line that is not UTF-8 instead of repairing it");
  around_.declare(flags);
  flags.text("--prefix", prefix_, "TEXT", "Begin every target with this");
  flags.group("Search");
  search_.declare_beams(flags);
  flags.number(
      "--coverage-penalty", search_.options.coverage_penalty, 0, 1000, false, "B",
      "Add B * the sum over source tokens of log(min(attention to it, 1)) to the score of a "
      "target that has ended");
  search_.declare_constraints(flags);
  flags.integer(
      "-n,--max-tokens", max_tokens_, 0, static_cast<int>(core::limits::kContext), "N",
      "Tokens of a target at most, its end counted; 0: as many as the context has room for");
  flags.integer("--batch-tokens", batch_tokens_, 1, 1 << 20, "N",
                "Source tokens that are translated together; one line at least, and no bit of the "
                "result depends on it");
  flags.group("Chance instead of search, with a temperature above 0");
  search_.declare_sampling(flags);
  flags.group("Output");
  flags.text("-o,--output", output_, "FILE", "Write to a file instead of standard output");
  format_.declare(flags);
  flags.on(
      "--stream", stream_,
      "Write a target while it is made, with a beam of 1 or --temp; a terminal gets that for a "
      "line that comes alone");
  flags.on("--json", json_, "Write events, one JSON object a line: result, stats, error");
  flags.on("--quiet", quiet_, "No remarks, no progress and no report on standard error");
  return command;
}

// What the flags ask for and this model or output cannot give.
core::Status Translate::check(const Model& model) const {
  if (const core::Status fine = need_kind(model, model_.path, ModelKind::encoder_decoder); !fine)
    return fine;
  if (model.source_tokenizer() == nullptr || model.tokenizer() == nullptr)
    return Error{Fault::unsupported,
                 say(model_.path, " has no vocabulary to read and write text with")};
  return format_.check();
}

Result<int> Translate::run(Output& out) {
  if (same_file(output_, model_.path) || (input_ != "-" && same_file(output_, input_)))
    return Error{Fault::bad_argument, say("--output ", output_, " is one of the inputs")};
  Numbers numbers;
  format_.json = json_;
  const double begin = seconds();
  const Result<OpenedModel> opened = open_model(model_);
  if (!opened) return opened.error();
  const Model& model = opened->model;
  numbers.load_seconds = seconds() - begin;
  if (const core::Status fine = check(model); !fine) return fine.error();
  Result<generate::BeamOptions> options = search_.of(model.tokenizer());
  if (!options) return options.error();
  if (options->sampling) search_.seed = options->sampling->seed;
  const bool alone = options->beams == 1 && options->patience < 1.5f;
  if (stream_ && !alone)
    return Error{Fault::bad_argument,
                 "--stream writes the one target that there is; it needs a beam size of 1"};
  talks_ = stream_ || (alone && !json_ && output_.empty() && isatty(STDOUT_FILENO) == 1);
  const bool aligned =
      format_.alignments || format_.replace_unknown || options->coverage_penalty > 0;
  Result<generate::Lanes> lanes =
      open_lanes(*opened, model_, options->beams, batch_tokens_, quiet_, aligned);
  if (!lanes) return lanes.error();
  options->max_tokens = max_tokens_ > 0 ? max_tokens_ : lanes->options().positions;
  Result<generate::BeamSearch> search = generate::BeamSearch::make(*lanes, *options);
  if (!search) return search.error();
  Result<model::Sequences> around = around_.of(model);
  if (!around) return around.error();
  Result<std::vector<int>> given = given_tokens(*model.tokenizer(), *around, prefix_);
  if (!given) return given.error();
  Result<LineReader> reader =
      text_ ? Result<LineReader>(LineReader::of(*text_)) : LineReader::open(input_);
  if (!reader) return reader.error();
  // Only now, so that a mistake leaves an older file as it is.
  if (!output_.empty())
    if (const core::Status redirected = out.redirect(output_); !redirected)
      return redirected.error();
  Translation translation(*model.source_tokenizer(), std::move(*around), *lanes, std::move(*search),
                          batch_tokens_, std::move(*given), format_.replace_unknown);
  format_.several = options->n_best > 1;
  TargetWriter writer(out, format_, *model.tokenizer());
  const double start = seconds();
  const Result<int> code = work(*reader, translation, writer, out, numbers);
  numbers.seconds = seconds() - start;
  if (code) report(out, numbers);
  return code;
}

// As many lines as have arrived, at least one.
Translate::Reading Translate::read_window(LineReader& reader, const Translation& translation) {
  Reading reading;
  std::string line;
  while (reading.lines.size() < (stream_ ? 1 : kWindow)) {
    const Result<LineReader::Got> got = reader.next(line, reading.lines.empty());
    if (!got) {
      reading.problem = got.error();
      break;
    }
    if (*got == LineReader::Got::nothing_yet) break;
    if (*got == LineReader::Got::end) {
      reading.ended = true;
      break;
    }
    reading.problem = add_line(line, reader.lines(), translation, reading);
    if (!reading.problem) break;
  }
  return reading;
}

core::Status Translate::add_line(const std::string& line, std::int64_t number,
                                 const Translation& translation, Reading& reading) {
  Result<std::string> valid =
      valid_text(line, say("line ", number), strict_utf8_, quiet_ || broken_utf8_);
  if (!valid) return valid.error();
  broken_utf8_ = broken_utf8_ || *valid != line;
  Result<std::vector<int>> tokens = translation.tokens_of(*valid);
  if (!tokens)
    return Error{tokens.error().fault, say("line ", number, ": ", tokens.error().sentence)};
  std::vector<SourceWord> words;
  if (format_.replace_unknown) words = translation.words_of(*valid, *tokens);
  reading.lines.push_back({.tokens = std::move(*tokens),
                           .targets = {},
                           .number = number - 1,
                           .words = std::move(words)});
  return core::Done{};
}

Result<int> Translate::work(LineReader& reader, Translation& translation, TargetWriter& writer,
                            Output& out, Numbers& numbers) {
  for (bool ended = false; !ended && !signals::stop() && !out.failed();) {
    Reading reading = read_window(reader, translation);
    ended = reading.ended;
    const bool alone = talks_ && reading.lines.size() == 1;
    const core::Status fine = alone ? stream(reading.lines[0], translation, writer, out)
                                    : answer(reading.lines, translation, writer);
    if (!fine) return fine.error();
    if (signals::stop()) break;
    for (const SourceLine& line : reading.lines) {
      ++numbers.lines;
      if (line.targets.empty() && !line.tokens.empty())
        remark(say("line ", numbers.lines, " has no target: no token is allowed in it"), quiet_);
      numbers.source_tokens += static_cast<std::int64_t>(line.tokens.size());
      for (const Hypothesis& h : line.targets)
        numbers.target_tokens += static_cast<std::int64_t>(h.log_probs.size());
    }
    out.flush();
    // What came before the line that is wrong has been answered.
    if (!reading.problem) return reading.problem.error();
  }
  return signals::exit_code();
}

core::Status Translate::answer(std::span<SourceLine> lines, Translation& translation,
                               TargetWriter& writer) {
  Progress progress("translating", static_cast<std::int64_t>(lines.size()), quiet_);
  const core::Status fine = translation.run(lines, &signals::stop(), [&](std::size_t done) {
    progress.update(static_cast<std::int64_t>(done));
  });
  progress.finish();
  if (!fine) return fine.error();
  if (signals::stop()) return core::Done{};
  for (const SourceLine& line : lines) writer.write(line);
  return core::Done{};
}

core::Status Translate::stream(SourceLine& line, Translation& translation, TargetWriter& writer,
                               Output& out) {
  writer.begin(line);
  const core::Status fine = translation.run(
      line, &signals::stop(),
      [&](int token, std::span<const float> attention) { writer.token(token, attention); });
  if (fine && !signals::stop())
    writer.end(line);
  else if (!json_)
    out.write("\n");
  return fine;
}

void Translate::report(Output& out, const Numbers& numbers) const {
  const double rate =
      numbers.seconds > 0 ? static_cast<double>(numbers.target_tokens) / numbers.seconds : 0;
  const char* kernels = kernels::active().name;
  if (json_) {
    JsonLine line;
    line.add("event", "stats").add("load_ms", numbers.load_seconds * 1000);
    line.add("lines", numbers.lines).add("source_tokens", numbers.source_tokens);
    line.add("target_tokens", numbers.target_tokens).add("tokens_per_second", rate);
    line.add("peak_bytes", peak_memory()).add("kernels", kernels);
    if (search_.seed) line.add("seed", *search_.seed);
    out.write(line.add("threads", model_.threads).line());
  } else if (!quiet_) {
    tell(say("load ", show_fixed(numbers.load_seconds * 1000, 1), " ms, ", numbers.lines,
             numbers.lines == 1 ? " line" : " lines", " of ", numbers.source_tokens,
             " tokens, targets of ", numbers.target_tokens, " tokens at ", show_fixed(rate, 1),
             "/s, peak memory ", show_bytes(peak_memory()), ", kernels ", kernels, ", threads ",
             model_.threads, search_.seed ? say(", seed ", *search_.seed) : "", "\n"));
  }
}

}  // namespace

std::unique_ptr<Command> make_translate() { return std::make_unique<Translate>(); }

}  // namespace linnet::tools
