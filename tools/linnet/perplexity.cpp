#include <algorithm>
#include <chrono>
#include <cmath>

#include "kernels/kernels.h"
#include "tools/common/numbers.h"
#include "tools/common/progress.h"
#include "tools/common/signals.h"
#include "tools/linnet/command.h"
#include "tools/linnet/documents.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/model_flags.h"
#include "tools/linnet/prompt.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

// -log of the probability that softmax(logits) gives to `token`, in nats.
double surprise(std::span<const float> logits, int token) {
  const double top = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - top);
  return std::log(sum) + top - static_cast<double>(logits[static_cast<std::size_t>(token)]);
}

struct Total {
  double nats = 0;
  std::int64_t tokens = 0, documents = 0, windows = 0, bytes = 0;
  double seconds = 0;

  double mean() const { return nats / static_cast<double>(tokens); }
  double perplexity() const { return std::exp(mean()); }
  double bits_per_byte() const { return nats / std::log(2.0) / static_cast<double>(bytes); }
};

class Perplexity : public Command {
 public:
  CLI::App* declare(CLI::App& program) override {
    CLI::App* command = add_command(
        program, "perplexity",
        "How well a model predicts a text. Each document is the begin token, its tokens and the "
        "end token. It is cut into windows; a window begins with an empty context, and every token "
        "but the begin token is predicted once",
        "linnet perplexity -m models/tales/tales.int8.linnet -f held-out.txt");
    Flags flags(*command);
    flags.group("Model");
    model_.declare_file(flags);
    model_.declare_session(flags);
    flags.group("Text");
    flags.text("-f,--file", file_, "FILE", "Text to predict, - for standard input");
    flags.text("--separator", separator_, "LINE",
               "A line that is exactly this stands between two documents; newlines at the ends of "
               "a document do not count");
    flags.integer("--window", window_, 0, static_cast<int>(core::limits::kContext), "N",
                  "Tokens that one window predicts; 0: the context");
    flags.group("Output");
    flags.on("--json", json_, "Write events, one JSON object a line: result, error");
    flags.on("--quiet", quiet_, "No remarks and no progress on standard error");
    return command;
  }

  Result<int> run(Output& out) override {
    const Result<OpenedModel> opened = open_model(model_);
    if (!opened) return opened.error();
    const Model& model = opened->model;
    if (model.tokenizer() == nullptr)
      return Error{Fault::bad_argument, "the model has no tokenizer, so it cannot read text"};
    Result<std::string> raw = read_text(file_);
    if (!raw) return raw.error();
    const std::string name = file_ == "-" ? "standard input" : file_;
    const Result<std::string> text = valid_text(std::move(*raw), name, false, quiet_);
    if (!text) return text.error();
    Result<generate::Session> session = open_session(*opened, model_, quiet_);
    if (!session) return session.error();
    if (window_ == 0) window_ = session->context();
    if (window_ > session->context())
      return Error{Fault::limit, say("a window of ", window_,
                                     " tokens does not fit into the "
                                     "context of ",
                                     session->context())};
    const Result<Total> total = measure(model, *text, *session);
    if (!total) return total.error();
    if (signals::stop()) return signals::exit_code();
    if (total->tokens == 0) return Error{Fault::bad_argument, say(name, " has no text to predict")};
    report(out, *total);
    return 0;
  }

 private:
  Result<Total> measure(const Model& model, const std::string& text, generate::Session& session) {
    const auto begin = std::chrono::steady_clock::now();
    Progress progress("predicting", static_cast<std::int64_t>(text.size()), quiet_);
    Total total;
    for (const std::string_view document : documents_of(text, separator_)) {
      ++total.documents;
      total.bytes += static_cast<std::int64_t>(document.size());
      const std::vector<int> tokens =
          model.tokenizer()->encode(document, {.add_begin = true, .add_end = true});
      if (const core::Status fine = predict(tokens, session, total); !fine) return fine.error();
      if (signals::stop()) break;
      progress.update(total.bytes);
    }
    total.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return total;
  }

  core::Status predict(std::span<const int> tokens, generate::Session& session, Total& total) {
    const auto window = static_cast<std::size_t>(window_);
    for (std::size_t first = 0; first + 1 < tokens.size() && !signals::stop(); first += window) {
      const std::size_t count = std::min(window, tokens.size() - 1 - first);
      session.truncate(0);
      const core::Status fed =
          session.feed(tokens.subspan(first, count), [&](int i, std::span<const float> logits) {
            total.nats += surprise(logits, tokens[first + static_cast<std::size_t>(i) + 1]);
          });
      if (!fed) return fed.error();
      if (!std::isfinite(total.nats))
        return Error{Fault::corrupt, say(model_.path,
                                         ": the model's answers are not all finite numbers; its "
                                         "weights may be damaged")};
      total.tokens += static_cast<std::int64_t>(count);
      ++total.windows;
    }
    return core::Done{};
  }

  void report(Output& out, const Total& total) const {
    const double speed = static_cast<double>(total.tokens) / total.seconds;
    if (json_) {
      JsonLine line;
      line.add("event", "result").add("documents", total.documents).add("bytes", total.bytes);
      line.add("windows", total.windows).add("window", window_).add("tokens", total.tokens);
      line.add("mean_nll", total.mean()).add("perplexity", total.perplexity());
      line.add("bits_per_byte", total.bits_per_byte()).add("tokens_per_second", speed);
      out.write(line.add("kernels", kernels::active().name).line());
      return;
    }
    out.write(say("documents     ", total.documents, ", ", total.bytes, " bytes\nwindows       ",
                  total.windows, " of at most ", window_, " tokens\ntokens        ", total.tokens,
                  "\nmean NLL      ", show_fixed(total.mean(), 6), " nats\nperplexity    ",
                  show_fixed(total.perplexity(), 4), "\nbits per byte ",
                  show_fixed(total.bits_per_byte(), 4), "\n"));
    remark(say(show_fixed(speed, 1), " tokens/s"), quiet_);
  }

  ModelFlags model_;
  std::string file_ = "-", separator_ = "<|endoftext|>";
  int window_ = 0;
  bool quiet_ = false;
};

}  // namespace

std::unique_ptr<Command> make_perplexity() { return std::make_unique<Perplexity>(); }

}  // namespace linnet::tools
