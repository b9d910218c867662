#include <unistd.h>

#include "engine/core/limits.h"
#include "engine/text/conversation.h"
#include "tools/common/progress.h"
#include "tools/common/signals.h"
#include "tools/linnet/command.h"
#include "tools/linnet/dialogue.h"
#include "tools/linnet/line_reader.h"
#include "tools/linnet/model_flags.h"
#include "tools/linnet/prompt.h"
#include "tools/linnet/run_report.h"
#include "tools/linnet/sampling_flags.h"
#include "tools/linnet/token_writer.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using generate::Finish;

constexpr const char* kChatExample =
    "linnet chat -m model.linnet --system \"Answer in one sentence.\"";

bool blank(const std::string& line) {
  return line.find_first_not_of(" \t\r\v\f") == std::string::npos;
}

// A person sits there, reads and writes.
bool on_terminal() {
  return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

class Chat : public Command {
 public:
  CLI::App* declare(CLI::App& program) override;
  Result<int> run(Output& out) override;

 private:
  core::Status check(const Model& model) const;
  Result<text::ChatFormat> format_for(const Model& model) const;
  Result<int> talk(LineReader& turns, const Model& model, generate::Session& session,
                   generate::Sampler& sampler, const text::ChatFormat& format, Output& out);
  Result<Finish> answer(Dialogue& dialogue, std::span<const int> prompt, const Model& model,
                        generate::Session& session, generate::Sampler& sampler, Output& out);
  void report(Output& out) const;

  ModelFlags model_;
  SamplingFlags sampling_;
  std::optional<std::string> system_;
  std::string file_ = "-", format_;
  std::vector<std::string> stop_;
  int max_tokens_ = -1, turn_ = 0;
  bool quiet_ = false, person_ = false;
  RunNumbers numbers_;
};

CLI::App* Chat::declare(CLI::App& program) {
  CLI::App* command =
      add_command(program, "chat",
                  "Talk with a model that was trained on conversations. Each line that is read is "
                  "a turn, and the model answers it; blank lines are passed over. On a terminal, "
                  "/reset forgets the conversation, /exit ends it, and Ctrl-C ends an answer. A "
                  "conversation that does not fit into the context ends with code 4",
                  kChatExample);
  Flags flags(*command);
  flags.group("Model");
  model_.declare_file(flags);
  model_.declare_session(flags);
  flags.group("Conversation");
  flags.text("--system", system_, "TEXT",
             "What the model is told before the first turn; empty: nothing, not even what its file "
             "says; default: what its file says");
  flags.text("-f,--file", file_, "FILE", "Read the turns from a file, - for standard input");
  flags.text("--chat-format", format_, "NAME",
             say("How the conversation is written: ", text::chat_format_names(),
                 "; default: as the model's file says"));
  flags.group("Length");
  flags.integer("-n,--max-tokens", max_tokens_, -1, static_cast<int>(core::limits::kContext), "N",
                "Tokens of an answer at most; -1: until it ends or the context is full");
  flags.texts("--stop", stop_, "TEXT",
              "End an answer before this text would be written; may be given more than once");
  flags.group("Choice of tokens, in this order");
  sampling_.declare(flags);
  flags.group("Output");
  flags.on("--json", json_,
           "Write events, one JSON object a line: token, result (one a turn), stats, error");
  flags.on("--quiet", quiet_, "No remarks, no progress and no report on standard error");
  return command;
}

core::Status Chat::check(const Model& model) const {
  if (model.tokenizer() == nullptr)
    return Error{Fault::bad_argument,
                 say(model_.path, " has no tokenizer, so nobody can talk with it")};
  return check_stops(stop_);
}

Result<text::ChatFormat> Chat::format_for(const Model& model) const {
  if (!format_.empty()) return text::known_chat_format(format_, *model.tokenizer());
  if (model.chat_format() != nullptr) return *model.chat_format();
  return Error{
      Fault::bad_argument,
      say(model_.path, " does not say how conversations are written; name it with ",
          "--chat-format (", text::chat_format_names(), "), here or when the model is converted")};
}

Result<int> Chat::run(Output& out) {
  Result<LineReader> turns = LineReader::open(file_);
  if (!turns) return turns.error();
  const double begin = seconds_now();
  const Result<OpenedModel> opened = open_model(model_);
  if (!opened) return opened.error();
  numbers_.load_seconds = seconds_now() - begin;
  const Model& model = opened->model;
  if (const core::Status fine = check(model); !fine) return fine.error();
  const Result<text::ChatFormat> format = format_for(model);
  if (!format) return format.error();
  if (system_) {
    Result<std::string> valid = valid_text(*system_, "--system", false, quiet_);
    if (!valid) return valid.error();
    system_ = std::move(*valid);
  }
  Result<generate::Session> session = open_session(*opened, model_, quiet_);
  if (!session) return session.error();
  numbers_.context = session->context();
  Result<generate::Sampler> sampler = sampling_.sampler(model.spec().vocab);
  if (!sampler) return sampler.error();
  numbers_.seed = *sampling_.seed;
  person_ = file_ == "-" && !json_ && on_terminal();
  const Result<int> code = talk(*turns, model, *session, *sampler, *format, out);
  if (code) report(out);
  return code;
}

Result<int> Chat::talk(LineReader& turns, const Model& model, generate::Session& session,
                       generate::Sampler& sampler, const text::ChatFormat& format, Output& out) {
  Dialogue dialogue(format, *model.tokenizer(), session, system_);
  for (std::string line; !out.failed();) {
    if (person_) tell("> ");
    const Result<LineReader::Got> got = turns.next(line, true);
    if (!got) return got.error();
    if (signals::stop()) return signals::exit_code();
    if (*got == LineReader::Got::end || (person_ && line == "/exit")) break;
    if (person_ && line == "/reset") dialogue.reset();
    if (blank(line) || (person_ && line == "/reset")) continue;
    Result<std::string> user =
        valid_text(std::move(line), say(turns.name(), ": line ", turns.lines()), false, quiet_);
    if (!user) return user.error();
    const Result<std::span<const int>> prompt = dialogue.ask(*user);
    if (!prompt) return prompt.error();
    const Result<Finish> finish = answer(dialogue, *prompt, model, session, sampler, out);
    if (!finish) return finish.error();
    if (*finish == Finish::context_full)
      return Error{Fault::limit, say("the context of ", session.context(),
                                     " tokens is full, and the answer is not finished; see --ctx")};
    if (signals::stop() && !(person_ && signals::forget_interrupt())) return signals::exit_code();
  }
  return signals::exit_code();
}

Result<Finish> Chat::answer(Dialogue& dialogue, std::span<const int> prompt, const Model& model,
                            generate::Session& session, generate::Sampler& sampler, Output& out) {
  TokenWriter writer(out, json_ ? TokenFormat::json : TokenFormat::text, model.tokenizer(), true,
                     stop_);
  Progress progress("reading the turn", static_cast<std::int64_t>(prompt.size()), quiet_);
  // What is fed stays where it is while the answer is added to the dialogue.
  const std::vector<int> fed(prompt.begin(), prompt.end());
  generate::Request request;
  request.prompt = fed;
  request.max_tokens = max_tokens_;
  request.end_tokens = dialogue.ends();
  request.cancel = &signals::stop();
  request.on_prompt = [&](int done) { progress.update(done); };
  const Result<generate::Outcome> outcome =
      generate::generate(session, sampler, request, [&](int token) {
        progress.finish();
        dialogue.add(token);
        return writer.write(token);
      });
  progress.finish();
  writer.finish();
  if (!outcome) return outcome.error();
  generate::Outcome& all = numbers_.outcome;
  all.prompt_tokens += outcome->prompt_tokens;
  all.tokens += outcome->tokens;
  all.steps += outcome->steps;
  all.prompt_seconds += outcome->prompt_seconds;
  all.generation_seconds += outcome->generation_seconds;
  if (json_) {
    JsonLine line = result_event(writer, *outcome);
    line.add("turn", ++turn_).add("context_used", session.tokens().size());
    out.write(line.line());
  } else if (writer.text().empty()) {
    out.write("\n");  // every turn is answered by a line at least
  }
  out.flush();
  return outcome->finish;
}

void Chat::report(Output& out) const {
  if (json_) return out.write(stats_event(numbers_, model_).line());
  if (!quiet_) tell(report_line(numbers_, model_, person_));
}

}  // namespace

std::unique_ptr<Command> make_chat() { return std::make_unique<Chat>(); }

}  // namespace linnet::tools
