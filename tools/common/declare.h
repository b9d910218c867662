#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

// What a command needs to declare its flags. Apart from tools/common/flags.h, which includes all of
// CLI11, because that takes a compiler seconds.
namespace linnet::tools {

// Declares the flags of one command. `names` is as CLI11 has it: "-n,--max-tokens". `value` gets
// what the user says and holds the default. `what` in the help stands for the value, with its unit.
class Flags {
 public:
  explicit Flags(CLI::App& app) : app_(app) {}

  // The heading for what follows.
  void group(const std::string& name) { group_ = name; }

  CLI::Option* text(const std::string& names, std::string& value, const std::string& what,
                    const std::string& help);
  CLI::Option* text(const std::string& names, std::optional<std::string>& value,
                    const std::string& what, const std::string& help);
  // May be given more than once.
  CLI::Option* texts(const std::string& names, std::vector<std::string>& values,
                     const std::string& what, const std::string& help);
  // Make `value` true, or false.
  CLI::Option* on(const std::string& names, bool& value, const std::string& help);
  CLI::Option* off(const std::string& names, bool& value, const std::string& help);

  // In [low, high]. `shown` takes the place of the default in the help.
  CLI::Option* integer(const std::string& names, int& value, int low, int high,
                       const std::string& what, const std::string& help,
                       const std::string& shown = "");
  CLI::Option* seed(const std::string& names, std::optional<std::uint64_t>& value,
                    const std::string& help);
  // In [low, high]. Where `above`, low itself is not allowed.
  CLI::Option* number(const std::string& names, float& value, double low, double high, bool above,
                      const std::string& what, const std::string& help);
  // A comma-separated list of integers, each in [low, high].
  CLI::Option* integers(const std::string& names, std::vector<int>& values, int low, int high,
                        const std::string& what, const std::string& help,
                        const std::string& shown = "");
  CLI::Option* bytes(const std::string& names, std::optional<std::int64_t>& value,
                     const std::string& help);
  // One of several words.
  CLI::Option* choice(const std::string& names, std::string& value,
                      const std::vector<std::string>& words, const std::string& help);

 private:
  // Reads one value; false if it is not one. `must` completes "... must be".
  using Read = std::function<bool(const std::string&)>;
  CLI::Option* add(const std::string& names, const Read& read, const std::string& must,
                   const std::string& what, const std::string& help, const std::string& shown);

  CLI::App& app_;
  std::string group_ = "Options";
};

void require(CLI::Option* option);
// Not both of them.
void exclude(CLI::Option* option, CLI::Option* other);
// `problem` gets what the user says and answers with a sentence, empty if it is fine.
void check(CLI::Option* option, const std::function<std::string(const std::string&)>& problem);

// Adds a command to a program that went through prepare() (tools/common/flags.h). `example` is a
// command line that runs.
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& description,
                      const std::string& example);

}  // namespace linnet::tools
