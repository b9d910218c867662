#pragma once

#include <memory>

#include "engine/core/result.h"
#include "tools/common/declare.h"
#include "tools/common/output.h"

namespace linnet::tools {

// One subcommand of linnet: declares its flags, then runs once.
class Command {
 public:
  Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  virtual ~Command() = default;

  // Adds the command and its flags to `program`; this outlives the parsing.
  virtual CLI::App* declare(CLI::App& program) = 0;
  // Data goes to `out`, remarks to standard error. Returns the exit code.
  virtual core::Result<int> run(Output& out) = 0;

  // Errors are also events on standard output.
  bool json() const { return json_; }

 protected:
  bool json_ = false;
};

std::unique_ptr<Command> make_generate();
std::unique_ptr<Command> make_chat();
std::unique_ptr<Command> make_translate();
std::unique_ptr<Command> make_embed();
std::unique_ptr<Command> make_classify();
std::unique_ptr<Command> make_fill_mask();
std::unique_ptr<Command> make_tokenize();
std::unique_ptr<Command> make_score();
std::unique_ptr<Command> make_perplexity();
std::unique_ptr<Command> make_eval();
std::unique_ptr<Command> make_info();
std::unique_ptr<Command> make_verify();
std::unique_ptr<Command> make_selftest();
std::unique_ptr<Command> make_bench();

}  // namespace linnet::tools
