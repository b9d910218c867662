#include <charconv>
#include <chrono>

#include "kernels/kernels.h"
#include "tools/common/exit_code.h"
#include "tools/common/numbers.h"
#include "tools/linnet/command.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/model_flags.h"
#include "tools/linnet/selftest_cases.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

std::string hex(std::uint64_t value) {
  char digits[16];
  const char* end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  const std::string text(digits, static_cast<std::size_t>(end - digits));
  return std::string(16 - text.size(), '0') + text;
}

class Selftest : public Command {
 public:
  CLI::App* declare(CLI::App& program) override {
    CLI::App* command = add_command(
        program, "selftest",
        "Compare the kernels for this processor with the reference, bit by bit. With a model, also "
        "show a number that depends on every bit of its answers to fixed prompts and is the same "
        "on every machine. Ends with 6 if something differs",
        "linnet selftest -m models/tales/tales.int8.linnet");
    Flags flags(*command);
    flags.group("Model");
    model_.declare_file(flags, false);
    model_.declare_opening(flags);
    model_.declare_threads(flags);
    flags.group("Output");
    flags.on("--json", json_, "Write events, one JSON object a line: table, model, error");
    return command;
  }

  Result<int> run(Output& out) override {
    if (const core::Status fine = model_.settle_threads(); !fine) return fine.error();
    const bool sound = compare_tables(out);
    if (!model_.path.empty())
      if (const core::Status done = fingerprint(out); !done) return done.error();
    if (!sound)
      return Error{Fault::mismatch, "some kernels do not give the results of the reference"};
    return 0;
  }

 private:
  // Whether all of them are sound.
  bool compare_tables(Output& out) const {
    const std::vector<KernelResult> expected = exercise(*kernels::find("reference"));
    const std::uint64_t found = digest(expected);
    bool sound = found == kReferenceDigest;
    show(out, "reference", sound ? "as on every machine" : "DIFFERS",
         sound ? "" : say("digest ", hex(found), " instead of ", hex(kReferenceDigest)));
    for (const kernels::Table* table : kernels::built().subspan(1)) {
      if (!kernels::runs_here(*table)) {
        show(out, table->name, "not on this processor", "");
        continue;
      }
      const std::string difference = first_difference(expected, exercise(*table));
      sound = sound && difference.empty();
      show(out, table->name, difference.empty() ? "equal to reference" : "DIFFERS", difference);
      out.flush();
    }
    return sound;
  }

  void show(Output& out, const std::string& name, const std::string& verdict,
            const std::string& difference) const {
    if (json_) {
      JsonLine line;
      line.add("event", "table").add("name", name).add("verdict", verdict);
      out.write((difference.empty() ? line : line.add("difference", difference)).line());
    } else {
      std::string column = name;
      column.resize(12, ' ');
      out.write(column + verdict + (difference.empty() ? "" : ": " + difference) + "\n");
    }
  }

  core::Status fingerprint(Output& out) {
    const Result<OpenedModel> opened = open_model(model_);
    if (!opened) return opened.error();
    const Result<std::uint64_t> value =
        opened->model.fingerprint({.threads = model_.threads, .processors = model_.processors});
    if (!value) return Error{value.error().fault, say(model_.path, ": ", value.error().sentence)};
    if (json_)
      out.write(JsonLine()
                    .add("event", "model")
                    .add("kernels", kernels::active().name)
                    .add("logits", hex(*value))
                    .line());
    else
      out.write("logits      " + hex(*value) + "\n");
    return core::Done{};
  }

  ModelFlags model_;
};

}  // namespace

std::unique_ptr<Command> make_selftest() { return std::make_unique<Selftest>(); }

}  // namespace linnet::tools
