#include "engine/io/verify.h"

#include "engine/engine.h"
#include "engine/io/reader.h"
#include "engine/text/test_vectors.h"
#include "tools/common/numbers.h"
#include "tools/common/progress.h"
#include "tools/common/signals.h"
#include "tools/linnet/command.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/model_flags.h"

namespace linnet::tools {
namespace {

using core::Result;
using core::say;

class Verify : public Command {
 public:
  CLI::App* declare(CLI::App& program) override {
    CLI::App* command =
        add_command(program, "verify",
                    "Read a whole model file and compare it with its checksums, and its tokenizer "
                    "with the test vectors that it holds. Ends with 6 if it is damaged, with 3 if "
                    "it contradicts itself",
                    "linnet verify models/tales/tales.int8.linnet");
    Flags flags(*command);
    flags.group("Model");
    model_.declare_subject(flags);
    flags.group("Output");
    flags.on("--json", json_, "Write events, one JSON object a line: result, error");
    flags.on("--quiet", quiet_, "No remarks and no progress on standard error");
    return command;
  }

  Result<int> run(Output& out) override {
    const Result<std::int64_t> bytes = file_bytes(model_.path);
    if (!bytes) return bytes.error();
    Result<core::Bundle> bundle = io::read_model(model_.path);
    if (!bundle) return bundle.error();
    if (const core::Status sound = compare(*bundle); !sound) return sound.error();
    if (signals::stop()) return signals::exit_code();
    const Result<int> vectors = text::check_test_vectors(*bundle);
    if (!vectors)
      return core::Error{vectors.error().fault, say(model_.path, ": ", vectors.error().sentence)};
    const std::size_t tensors = bundle->weights.size();
    const Result<Model> model = Model::from(std::move(*bundle), model_.path);
    const bool runs = static_cast<bool>(model);
    if (!runs && model.error().fault != core::Fault::unsupported) return model.error();
    if (json_)
      out.write(JsonLine()
                    .add("event", "result")
                    .add("file", model_.path)
                    .add("bytes", *bytes)
                    .add("tensors", tensors)
                    .add("test_vectors", *vectors)
                    .add("sound", true)
                    .add("runs", runs)
                    .line());
    else
      out.write(say(model_.path, ": sound, ", tensors, " tensors, ", *bytes, " bytes",
                    *vectors > 0 ? say(", ", *vectors, " test vectors") : "", "\n"));
    if (!runs) remark("it cannot be run: " + model.error().sentence, quiet_);
    return 0;
  }

 private:
  // Tensor by tensor, so that there is something to show.
  core::Status compare(const core::Bundle& bundle) const {
    std::int64_t all = 0, done = 0;
    for (const core::NamedWeight& weight : bundle.weights) all += weight.bytes;
    Progress progress("verifying", all, quiet_);
    for (const core::NamedWeight& weight : bundle.weights) {
      const core::Bundle one{.settings = {}, .weights = {weight}, .keeper = bundle.keeper};
      if (const core::Status sound = io::verify(one, model_.path); !sound) return sound;
      if (signals::stop()) break;
      progress.update(done += weight.bytes);
    }
    return core::Done{};
  }

  ModelFlags model_;
  bool quiet_ = false;
};

}  // namespace

std::unique_ptr<Command> make_verify() { return std::make_unique<Verify>(); }

}  // namespace linnet::tools
