#include <chrono>

#include "engine/core/limits.h"
#include "kernels/kernels.h"
#include "tools/common/memory.h"
#include "tools/common/numbers.h"
#include "tools/common/progress.h"
#include "tools/common/signals.h"
#include "tools/linnet/command.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/line_reader.h"
#include "tools/linnet/machine.h"
#include "tools/linnet/model_flags.h"
#include "tools/linnet/prompt.h"
#include "tools/linnet/search_flags.h"
#include "tools/linnet/translation.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using generate::Hypothesis;

constexpr const char* kExample = "linnet translate -m model.linnet -i sources.txt --n-best 3";
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
  Result<std::vector<int>> given(const Model& model) const;
  Reading read_window(LineReader& reader, const Translation& translation);
  core::Status add_line(const std::string& line, std::int64_t number,
                        const Translation& translation, Reading& reading);
  Result<int> work(LineReader& reader, Translation& translation, const text::Tokenizer& target,
                   Output& out, Numbers& numbers);
  void write(Output& out, const SourceLine& line, std::int64_t index,
             const text::Tokenizer& target) const;
  void write_event(Output& out, const SourceLine& line, std::int64_t index,
                   const text::Tokenizer& target) const;
  void report(Output& out, const Numbers& numbers) const;

  ModelFlags model_;
  SearchFlags search_;
  std::optional<std::string> text_;
  std::string input_ = "-", output_, prefix_;
  int max_tokens_ = 0, batch_tokens_ = 512;
  bool scores_ = false, ids_ = false, quiet_ = false, strict_utf8_ = false;
  bool broken_utf8_ = false;  // has been remarked on
};

CLI::App* Translate::declare(CLI::App& program) {
  CLI::App* command =
      add_command(program, "translate",
                  "Turn every line of the input into its target with an encoder-decoder model: a "
                  "translation, a "
                  "pronunciation, a transliteration. An empty line gives an empty line",
                  kExample);
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
  flags.text("--prefix", prefix_, "TEXT", "Begin every target with this");
  flags.group("Search");
  search_.declare_beams(flags);
  search_.declare_constraints(flags);
  flags.integer(
      "-n,--max-tokens", max_tokens_, 0, static_cast<int>(core::limits::kContext), "N",
      "Tokens of a target at most, its end counted; 0: as many as the context has room for");
  flags.integer("--batch-tokens", batch_tokens_, 1, 1 << 20, "N",
                "Source tokens that are translated together; one line at least, and no bit of the "
                "result depends on it");
  flags.group("Output");
  flags.text("-o,--output", output_, "FILE", "Write to a file instead of standard output");
  flags.on("--scores", scores_,
           "Write \" ||| \" and the score after each target; with --n-best it is always there, and "
           "the number of the line, from 0, and \" ||| \" before");
  flags.on("--ids", ids_, "Write token ids instead of text");
  flags.on("--json", json_, "Write events, one JSON object a line: result, stats, error");
  flags.on("--quiet", quiet_, "No remarks, no progress and no report on standard error");
  return command;
}

// What the flags ask for and this model or output cannot give.
core::Status Translate::check(const Model& model) const {
  if (!model.transformer().translates())
    return Error{Fault::bad_argument,
                 say(model_.path, " continues a text (a decoder alone); see linnet generate")};
  if (model.source_tokenizer() == nullptr || model.tokenizer() == nullptr)
    return Error{Fault::unsupported,
                 say(model_.path, " has no vocabulary to read and write text with")};
  if (ids_ && json_)
    return Error{Fault::bad_argument,
                 "--ids and --json exclude each other; the events have the ids"};
  return core::Done{};
}

Result<std::vector<int>> Translate::given(const Model& model) const {
  const std::vector<std::int32_t>& forced = model.spec().sequences.forced_first;
  std::vector<int> tokens(forced.begin(), forced.end());
  const std::vector<int> prefix = model.tokenizer()->encode(
      prefix_, {.parse_special = true, .add_begin = false, .add_end = false});
  for (const int token : prefix)
    if (token == model.tokenizer()->unknown())
      return Error{Fault::bad_argument,
                   say("--prefix: '", prefix_, "' holds what is not in the vocabulary")};
  tokens.insert(tokens.end(), prefix.begin(), prefix.end());
  return tokens;
}

Result<int> Translate::run(Output& out) {
  if (same_file(output_, model_.path) || (input_ != "-" && same_file(output_, input_)))
    return Error{Fault::bad_argument, say("--output ", output_, " is one of the inputs")};
  Numbers numbers;
  const double begin = seconds();
  const Result<OpenedModel> opened = open_model(model_);
  if (!opened) return opened.error();
  const Model& model = opened->model;
  numbers.load_seconds = seconds() - begin;
  if (const core::Status fine = check(model); !fine) return fine.error();
  Result<generate::BeamOptions> options = search_.of(model.tokenizer());
  if (!options) return options.error();
  Result<generate::Lanes> lanes =
      open_lanes(*opened, model_, options->beams, batch_tokens_, quiet_);
  if (!lanes) return lanes.error();
  options->max_tokens = max_tokens_ > 0 ? max_tokens_ : lanes->options().positions;
  Result<generate::BeamSearch> search = generate::BeamSearch::make(*lanes, *options);
  if (!search) return search.error();
  Result<std::vector<int>> given = this->given(model);
  if (!given) return given.error();
  Result<LineReader> reader =
      text_ ? Result<LineReader>(LineReader::of(*text_)) : LineReader::open(input_);
  if (!reader) return reader.error();
  // Only now, so that a mistake leaves an older file as it is.
  if (!output_.empty())
    if (const core::Status redirected = out.redirect(output_); !redirected)
      return redirected.error();
  Translation translation(model, *lanes, std::move(*search), batch_tokens_, std::move(*given));
  const double start = seconds();
  const Result<int> code = work(*reader, translation, *model.tokenizer(), out, numbers);
  numbers.seconds = seconds() - start;
  if (code) report(out, numbers);
  return code;
}

// As many lines as have arrived, at least one.
Translate::Reading Translate::read_window(LineReader& reader, const Translation& translation) {
  Reading reading;
  std::string line;
  while (reading.lines.size() < kWindow) {
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
  reading.lines.push_back({.tokens = std::move(*tokens), .targets = {}});
  return core::Done{};
}

Result<int> Translate::work(LineReader& reader, Translation& translation,
                            const text::Tokenizer& target, Output& out, Numbers& numbers) {
  for (bool ended = false; !ended && !signals::stop() && !out.failed();) {
    Reading reading = read_window(reader, translation);
    ended = reading.ended;
    Progress progress("translating", static_cast<std::int64_t>(reading.lines.size()), quiet_);
    const core::Status fine = translation.run(
        reading.lines, &signals::stop(),
        [&](std::size_t lines) { progress.update(static_cast<std::int64_t>(lines)); });
    progress.finish();
    if (!fine) return fine.error();
    if (signals::stop()) break;
    for (const SourceLine& line : reading.lines) {
      write(out, line, numbers.lines++, target);
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

void Translate::write(Output& out, const SourceLine& line, std::int64_t index,
                      const text::Tokenizer& target) const {
  if (json_) return write_event(out, line, index, target);
  const bool several = search_.options.n_best > 1;
  std::vector<Hypothesis> targets = line.targets;
  if (targets.empty()) targets.emplace_back();
  for (const Hypothesis& h : targets) {
    std::string text;
    if (ids_)
      for (const int id : h.tokens) text += say(text.empty() ? "" : " ", id);
    else
      text = target.decode(h.tokens);
    for (char& c : text)
      if (c == '\n') c = ' ';  // one line in, one line out
    if (several) out.write(say(index, " ||| "));
    out.write(text);
    if (several || scores_) out.write(say(" ||| ", show_fixed(double{h.score}, 6)));
    out.write("\n");
  }
}

void Translate::write_event(Output& out, const SourceLine& line, std::int64_t index,
                            const text::Tokenizer& target) const {
  JsonArray all;
  for (const Hypothesis& h : line.targets) {
    JsonArray ids, log_probs;
    for (const int id : h.tokens) ids.add(std::to_string(id));
    for (const float p : h.log_probs) log_probs.add(json_number(double{p}));
    JsonLine one;
    one.add("text", target.decode(h.tokens)).raw("ids", ids.array());
    one.add("score", double{h.score}).add("sum", double{h.sum});
    one.raw("log_probs", log_probs.array());
    all.add(one.add("finish", h.ended ? "end" : "length").object());
  }
  JsonLine event;
  event.add("event", "result").add("line", index);
  event.add("text", line.targets.empty() ? "" : target.decode(line.targets[0].tokens));
  out.write(event.raw("targets", all.array()).line());
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
    out.write(line.add("threads", model_.threads).line());
  } else if (!quiet_) {
    tell(say("load ", show_fixed(numbers.load_seconds * 1000, 1), " ms, ", numbers.lines,
             numbers.lines == 1 ? " line" : " lines", " of ", numbers.source_tokens,
             " tokens, targets of ", numbers.target_tokens, " tokens at ", show_fixed(rate, 1),
             "/s, peak memory ", show_bytes(peak_memory()), ", kernels ", kernels, ", threads ",
             model_.threads, "\n"));
  }
}

}  // namespace

std::unique_ptr<Command> make_translate() { return std::make_unique<Translate>(); }

}  // namespace linnet::tools
