#include "engine/generate/generate.h"

#include <unistd.h>

#include "engine/core/limits.h"
#include "tools/common/progress.h"
#include "tools/common/signals.h"
#include "tools/linnet/beam_answer.h"
#include "tools/linnet/command.h"
#include "tools/linnet/model_flags.h"
#include "tools/linnet/prompt.h"
#include "tools/linnet/run_report.h"
#include "tools/linnet/sampling_flags.h"
#include "tools/linnet/search_flags.h"
#include "tools/linnet/token_writer.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using generate::Finish;

constexpr const char* kGenerateExample =
    "linnet generate -m models/tales/tales.int8.linnet -p \"Once upon a time\" --echo";

class Generate : public Command {
 public:
  CLI::App* declare(CLI::App& program) override;
  Result<int> run(Output& out) override;

 private:
  core::Status check(const Model& model) const;
  Result<int> answer(const OpenedModel& opened, const Prompt& prompt, Output& out,
                     RunNumbers& numbers);
  Result<int> answer_with_beams(const OpenedModel& opened, const Prompt& prompt,
                                std::vector<int>& tokens, Output& out, RunNumbers& numbers);
  void report(Output& out, const RunNumbers& numbers) const;

  ModelFlags model_;
  PromptFlags prompt_;
  SearchFlags search_;
  SamplingFlags sampling_;
  int max_tokens_ = -1;
  std::vector<std::string> stop_;
  std::string output_;
  bool ids_ = false, echo_ = false, quiet_ = false;
};

CLI::App* Generate::declare(CLI::App& program) {
  CLI::App* command =
      add_command(program, "generate", "Continue a text, or begin one", kGenerateExample);
  Flags flags(*command);
  flags.group("Model");
  model_.declare_file(flags);
  model_.declare_session(flags);
  flags.group("Prompt");
  prompt_.declare(flags);
  flags.group("Length");
  flags.integer("-n,--max-tokens", max_tokens_, -1, static_cast<int>(core::limits::kContext), "N",
                "Tokens to write at most; -1: until the text ends or the context is full");
  flags.texts("--stop", stop_, "TEXT",
              "End before this text would be written; may be given more than once");
  flags.group("Choice of tokens, in this order");
  sampling_.declare(flags);
  flags.group("Beam search instead, with a beam size above 1");
  search_.options.beams = 1;
  search_.declare_beams(flags);
  flags.group("Output");
  flags.text("-o,--output", output_, "FILE", "Write to a file instead of standard output");
  flags.on("--echo", echo_, "Write the prompt before its continuation");
  flags.on("--ids", ids_, "Write token ids instead of text");
  flags.on("--json", json_, "Write events, one JSON object a line: token, result, stats, error");
  flags.on("--quiet", quiet_, "No remarks, no progress and no report on standard error");
  return command;
}

// What the flags ask for and this model or output cannot give.
core::Status Generate::check(const Model& model) const {
  const auto refuse = [](const char* sentence) -> core::Status {
    return Error{Fault::bad_argument, sentence};
  };
  if (ids_ && json_) return refuse("--ids and --json exclude each other; the events have the ids");
  if (echo_ && (ids_ || json_)) return refuse("--echo is for text, not for --ids or --json");
  if (model.tokenizer() == nullptr && !ids_)
    return refuse("the model has no tokenizer; ask for token ids with --ids");
  if (model.tokenizer() == nullptr && !stop_.empty())
    return refuse("the model has no tokenizer, so --stop cannot be looked for");
  if (const auto options = search_.of(model.tokenizer()); !options) return options.error();
  if (search_.options.beams > 1 && !stop_.empty())
    return refuse("--stop ends a text that is being written; a beam search has no such text");
  return check_stops(stop_);
}

Result<int> Generate::run(Output& out) {
  if (same_file(output_, model_.path) || (prompt_.file && same_file(output_, *prompt_.file)))
    return Error{Fault::bad_argument, say("--output ", output_, " is one of the inputs")};
  RunNumbers numbers;
  const double begin = seconds_now();
  const Result<OpenedModel> model = open_model(model_);
  if (!model) return model.error();
  numbers.load_seconds = seconds_now() - begin;
  if (const core::Status fine = check(model->model); !fine) return fine.error();
  const Result<Prompt> prompt = read_prompt(prompt_, quiet_);
  if (!prompt) return prompt.error();
  if (signals::stop()) return signals::exit_code();
  const Result<int> code = answer(*model, *prompt, out, numbers);
  if (code) report(out, numbers);
  return code;
}

Result<int> Generate::answer(const OpenedModel& opened, const Prompt& prompt, Output& out,
                             RunNumbers& numbers) {
  const Model& model = opened.model;
  const text::Tokenizer* tokenizer = model.tokenizer();
  Result<std::vector<int>> tokens = tokens_of(prompt, prompt_, tokenizer, model.spec().vocab);
  if (!tokens) return tokens.error();
  if (search_.options.beams > 1) return answer_with_beams(opened, prompt, *tokens, out, numbers);
  Result<generate::Session> session = open_session(opened, model_, quiet_);
  if (!session) return session.error();
  numbers.context = session->context();
  const int begin = tokenizer != nullptr ? tokenizer->begin() : -1;
  const core::Status fits = fit_prompt(*tokens, prompt_, session->context(), max_tokens_, begin);
  if (!fits) return fits.error();
  Result<generate::Sampler> sampler = sampling_.sampler(model.spec().vocab);
  if (!sampler) return sampler.error();
  numbers.seed = *sampling_.seed;
  // Only now, so that a mistake leaves an older file as it is.
  if (!output_.empty())
    if (const core::Status redirected = out.redirect(output_); !redirected)
      return redirected.error();

  const TokenFormat format =
      json_ ? TokenFormat::json : (ids_ ? TokenFormat::ids : TokenFormat::text);
  TokenWriter writer(out, format, tokenizer, prompt.text.empty() && prompt.ids.empty(), stop_);
  if (echo_ && format == TokenFormat::text) out.write(prompt.text);
  Progress progress("reading the prompt", static_cast<std::int64_t>(tokens->size()), quiet_);
  generate::Request request;
  request.prompt = *tokens;
  request.max_tokens = max_tokens_;
  if (tokenizer != nullptr) request.end_tokens = tokenizer->ends();
  request.cancel = &signals::stop();
  request.on_prompt = [&](int done) { progress.update(done); };
  const Result<generate::Outcome> outcome =
      generate::generate(*session, *sampler, request, [&](int token) {
        progress.finish();
        return writer.write(token);
      });
  progress.finish();
  writer.finish();
  if (!outcome) return outcome.error();
  numbers.outcome = *outcome;
  if (json_) out.write(result_event(writer, *outcome).line());
  if (outcome->finish == Finish::context_full)
    remark(say("the context of ", session->context(), " tokens is full"), quiet_);
  return signals::exit_code();
}

Result<int> Generate::answer_with_beams(const OpenedModel& opened, const Prompt& prompt,
                                        std::vector<int>& tokens, Output& out,
                                        RunNumbers& numbers) {
  const text::Tokenizer* tokenizer = opened.model.tokenizer();
  Result<generate::BeamOptions> options = search_.of(tokenizer);
  if (!options) return options.error();
  options->constraints.repeat_penalty = sampling_.sampling.repeat_penalty;
  const double begin = seconds_now();
  const auto found =
      search_continuations(opened, model_, prompt_, tokens, *options, max_tokens_, quiet_);
  if (!found) return found.error();
  numbers.outcome.prompt_tokens = static_cast<int>(tokens.size());
  numbers.outcome.generation_seconds = seconds_now() - begin;
  for (const generate::Hypothesis& h : *found)
    numbers.outcome.tokens += static_cast<int>(h.tokens.size());
  numbers.outcome.steps = numbers.outcome.tokens;
  if (signals::stop()) return signals::exit_code();
  // Only now, so that a mistake leaves an older file as it is.
  if (!output_.empty())
    if (const core::Status redirected = out.redirect(output_); !redirected)
      return redirected.error();
  if (json_) {
    write_continuation_events(out, *found, tokenizer, tokens.size());
    return 0;
  }
  if (echo_ && options->n_best == 1) out.write(prompt.text);
  write_continuations(out, *found, tokenizer, ids_, options->n_best > 1,
                      prompt.text.empty() && prompt.ids.empty());
  return 0;
}

void Generate::report(Output& out, const RunNumbers& numbers) const {
  if (json_) return out.write(stats_event(numbers, model_).line());
  if (quiet_) return;
  // Where text and report share a screen, the report begins a line.
  const bool shared = output_.empty() && isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
  tell(report_line(numbers, model_, shared));
}

}  // namespace

std::unique_ptr<Command> make_generate() { return std::make_unique<Generate>(); }

}  // namespace linnet::tools
