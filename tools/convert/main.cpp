#include <unistd.h>

#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include "engine/core/processors.h"
#include "engine/text/chat_format.h"
#include "tools/common/exit_code.h"
#include "tools/common/flags.h"
#include "tools/common/output.h"
#include "tools/common/progress.h"
#include "tools/common/signals.h"
#include "tools/common/version.h"
#include "tools/convert/convert.h"
#include "tools/convert/report.h"

namespace linnet::convert {
namespace {

using tools::tell;

struct Arguments {
  Options options;
  std::string type = {};  // empty: not said
  bool json = false, quiet = false;
};

void declare(CLI::App& app, Arguments& arguments) {
  tools::Flags flags(app);
  Options& options = arguments.options;
  flags.group("Input and output");
  flags
      .text("IN", options.input, "IN",
            "A Hugging Face folder (config.json and safetensors or model.npz) of one of the "
            "families that the README lists, a folder of a torch nn.Transformer or of "
            "CTranslate2, a GGUF file, a llama2.c file of version 0, or a tokenizer alone")
      ->required();
  flags.text("-o,--output", options.output, "FILE", "The model file to write (required)")
      ->required();
  flags.text("--tokenizer", options.tokenizer, "FILE",
             "tokenizer.json, tokenizer.model, BERT's vocab.txt, a folder of tokenizer files, "
             "or a llama2.c tokenizer; default: what IN has");
  flags.text("--test-vectors", options.test_vectors, "FILE",
             "Texts and the tokens that they must become, checked and kept in the file: JSON "
             "Lines {\"text\": ..., \"ids\": [...]}, or FILE.inp beside FILE.out of llama.cpp. "
             "Ends with 6 if one differs");
  flags.group("Model");
  flags.choice("--type", arguments.type, {"f32", "f16", "int8", "int4"},
               "How linear layers and token embeddings are stored; int8 and int4 are in groups of "
               "32 with a scale each; default: int8, and int4 for what is Q4_0 in a GGUF file");
  flags.texts(
      "--tensor-type", options.tensor_types, "PATTERN=TYPE",
      "Another type for those whose name (linnet info lists them) fits the pattern, as files "
      "in a shell do (* is any text); may be given more than once, and the last that fits "
      "holds");
  flags.texts("--source-begin", options.source_begin, "TOKEN",
              "A token in front of every source, where the model does not say it (the language in "
              "mBART-50, M2M-100, NLLB), by its text or number; may be given more than once");
  flags.texts("--target-begin", options.target_begin, "TOKEN",
              "The same for a token with which every target begins");
  flags.choice(
      "--split", arguments.options.split, {"words", "characters"},
      "How a text is cut into tokens of a vocabulary that is a plain list; default: as the "
      "model says, words for CTranslate2");
  flags.text("--chat-format", options.chat_format, "NAME",
             core::say("How conversations are written (linnet chat): ", text::chat_format_names(),
                       ", none; default: as the chat template says that comes with the model, if "
                       "it is one of these"));
  flags.text("--licence,--license", options.licence, "TEXT",
             "The licence of the weights, kept in the file");
  flags.texts(
      "--ignore-field", options.ignored_fields, "NAME",
      "A field of config.json or of a GGUF file that is unknown here and does not change the "
      "model; may be given more than once");
  flags.group("Other");
  flags.integer("-t,--threads", options.threads, 1, 1024, "N", "Threads that pack");
  flags.on("--json", arguments.json, "Events as JSON Lines on standard output");
  flags.on("--quiet", arguments.quiet, "No report and no progress on standard error");
  app.get_help_ptr()->group("Other");
}

const char* hint(core::Fault fault) {
  switch (fault) {
    case core::Fault::bad_argument:
      return "linnet-convert --help lists the flags";
    case core::Fault::io:
      return "check the paths, the permissions and the room on the disk";
    case core::Fault::limit:
      return "the model is larger than this program or machine can take";
    default:
      return "linnet-convert --help says which checkpoints are supported";
  }
}

// Standard output as events, or a table on standard error.
class Reporter {
 public:
  Reporter(const Arguments& arguments, tools::Output& out) : arguments_(arguments), out_(out) {}

  Listener listener() {
    return {.warn = [this](const std::string& sentence) { warn(sentence); },
            .packed = [this](const PackedTensor& tensor) { send(tensor_event(tensor)); },
            .progress = [this](std::int64_t done, std::int64_t total) { advance(done, total); },
            .stop = &tools::signals::stop()};
  }

  void succeed(const Report& report) {
    bar_.reset();
    send(result_event(report, arguments_.options.output));
    if (!arguments_.quiet && !arguments_.json) tell(report_table(report));
  }
  int fail(const core::Error& error) {
    bar_.reset();
    const int code = tools::signals::exit_code() != 0 ? tools::signals::exit_code()
                                                      : int{tools::exit_code(error.fault)};
    send({{"event", "error"},
          {"code", code},
          {"message", error.sentence},
          {"hint", hint(error.fault)}});
    tell("linnet-convert: " + error.sentence + "\n");
    return code;
  }

 private:
  void warn(const std::string& sentence) {
    send({{"event", "warning"}, {"message", sentence}});
    if (!arguments_.quiet) tell("linnet-convert: " + sentence + "\n");
  }
  void send(const Event& event) {
    if (!arguments_.json) return;
    out_.write(event.dump(-1, ' ', false, Event::error_handler_t::replace) + "\n");
    out_.flush();
  }
  void advance(std::int64_t done, std::int64_t total) {
    if (!bar_) bar_ = std::make_unique<tools::Progress>("packing", total, arguments_.quiet);
    bar_->update(done);
  }

  const Arguments& arguments_;
  tools::Output& out_;
  std::unique_ptr<tools::Progress> bar_;
};

int run(const Arguments& arguments) {
  tools::Output out(STDOUT_FILENO, "standard output");
  Reporter reporter(arguments, out);
  int code = tools::kExitOk;
  try {
    const core::Result<Report> report = convert(arguments.options, reporter.listener());
    if (report)
      reporter.succeed(*report);
    else
      code = reporter.fail(report.error());
  } catch (const std::bad_alloc&) {
    code = reporter.fail({core::Fault::limit, "there is not enough memory"});
  }
  const core::Status written = out.close();
  if (written) return code;
  tell("linnet-convert: " + written.error().sentence + "\n");
  return code == tools::kExitOk ? int{tools::exit_code(written.error().fault)} : code;
}

int main(int argc, char** argv) {
  tools::signals::install();
  CLI::App app(
      "Makes a model file for linnet from somebody's checkpoint. Nothing is written if the input "
      "has a tensor or a setting that is missing, left over or unknown.",
      "linnet-convert");
  tools::prepare(app);
  app.footer("Example:\n  linnet-convert stories260K.bin --tokenizer tok512.bin -o stories.linnet");
  const std::string version = core::say("linnet-convert ", tools::version());
  Arguments arguments;
  arguments.options.threads = core::default_threads();
  arguments.options.made_by = version;
  declare(app, arguments);
  app.set_version_flag("--version", core::say(version, " (", tools::commit(), ")"),
                       "Show the version and end");
  app.get_version_ptr()->group("Other");
  if (const std::optional<int> done = tools::parse(app, argc, argv)) return *done;
  if (!arguments.type.empty()) arguments.options.type = core::type_named(arguments.type);
  return run(arguments);
}

}  // namespace
}  // namespace linnet::convert

int main(int argc, char** argv) {
  try {
    return linnet::convert::main(argc, argv);
  } catch (const std::exception& error) {
    linnet::tools::tell(std::string("linnet-convert: ") + error.what() + "\n");
    return linnet::tools::kExitFailure;
  }
}
