#include <unistd.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/mapping_guard.h"
#include "kernels/kernels.h"
#include "tools/common/exit_code.h"
#include "tools/common/flags.h"
#include "tools/common/output.h"
#include "tools/common/signals.h"
#include "tools/linnet/command.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/machine.h"

namespace linnet::tools {
namespace {

// Says what went wrong: on standard error, and as an event where the output is JSON.
int complain(Output& out, const Command& command, const core::Error& error) {
  if (command.json()) {
    JsonLine line;
    line.add("event", "error").add("code", int{exit_code(error.fault)});
    out.write(line.add("message", error.sentence).add("hint", hint(error.fault)).line());
  }
  tell("linnet: " + error.sentence + "\n");
  return exit_code(error.fault);
}

int run(Command& command) {
  Output out(STDOUT_FILENO, "standard output");
  int code = kExitFailure;
  try {
    const core::Result<int> result = command.run(out);
    code = result ? *result : complain(out, command, result.error());
  } catch (const std::bad_alloc&) {
    code = complain(out, command, {core::Fault::limit, "there is not enough memory"});
  }
  const core::Status written = out.close();
  if (!written) {
    tell("linnet: " + written.error().sentence + "\n");
    if (code == kExitOk) code = exit_code(written.error().fault);
  }
  return code;
}

struct Named {
  std::string_view name;
  std::unique_ptr<Command> (*make)();
};
constexpr Named kCommands[] = {
    {"generate", make_generate},     {"chat", make_chat},         {"translate", make_translate},
    {"embed", make_embed},           {"classify", make_classify}, {"fill-mask", make_fill_mask},
    {"score", make_score},           {"tokenize", make_tokenize}, {"info", make_info},
    {"verify", make_verify},         {"selftest", make_selftest}, {"bench", make_bench},
    {"perplexity", make_perplexity}, {"eval", make_eval}};

// The command that the call begins with, or all of them: only what may be used is declared, which
// else takes longer than opening a small model.
std::span<const Named> candidates(std::string_view first) {
  const auto* named = std::find_if(std::begin(kCommands), std::end(kCommands),
                                   [&](const Named& command) { return command.name == first; });
  if (named == std::end(kCommands)) return kCommands;
  return {named, 1};
}

int main(int argc, char** argv) {
  signals::install();
  io::guard_mappings(kExitIo);
  if (const std::string_view lacking = missing_baseline(); !lacking.empty()) {
    tell("linnet: this processor lacks " + std::string(lacking) +
         ", without which this program cannot run\n");
    return kExitFile;
  }
  CLI::App program("Runs Transformer language models on the CPU.", "linnet");
  prepare(program);
  program.require_subcommand(0, 1);
  program.footer(
      "Example:\n  linnet generate -m models/tales/tales.int8.linnet -p \"Once upon a time\"");
  program
      .set_version_flag("--version", version_text,
                        "Show the version, the compiler and the kernels, and end")
      ->group("Other");
  std::vector<std::unique_ptr<Command>> commands;
  std::vector<const CLI::App*> parsed;
  for (const Named& command : candidates(argc > 1 ? argv[1] : "")) {
    commands.push_back(command.make());
    parsed.push_back(commands.back()->declare(program));
  }
  if (const std::optional<int> done = parse(program, argc, argv)) return *done;
  if (const std::string_view name = kernels::forced_but_missing(); !name.empty()) {
    tell("linnet: LINNET_ISA asks for the kernels '" + std::string(name) + "', and " +
         unusable(name) + "\n");
    return kExitUsage;
  }
  for (std::size_t i = 0; i < commands.size(); ++i)
    if (parsed[i]->parsed()) return run(*commands[i]);
  tell("linnet: no command was given\nSee linnet --help\n");
  return kExitUsage;
}

}  // namespace
}  // namespace linnet::tools

int main(int argc, char** argv) {
  try {
    return linnet::tools::main(argc, argv);
  } catch (const std::exception& error) {
    linnet::tools::tell(std::string("linnet: ") + error.what() + "\n");
    return linnet::tools::kExitFailure;
  }
}
