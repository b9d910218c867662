#include <unistd.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <vector>

#include "tools/common/exit_code.h"
#include "tools/common/flags.h"
#include "tools/common/output.h"

namespace linnet::tools {
namespace {

constexpr std::size_t kWidth = 80;   // columns
constexpr std::size_t kColumn = 26;  // where explanations begin

// A name and its explanation, side by side if the name is short enough.
std::string entry(const std::string& name, const std::string& explanation) {
  std::string left = "  " + name;
  if (left.size() + 2 > kColumn)
    left += "\n" + std::string(kColumn, ' ');
  else
    left.resize(kColumn, ' ');
  return left + wrapped(explanation, kColumn, kWidth) + "\n";
}

class Help : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string) const override {
    const CLI::App* parent = app->get_parent();
    std::string usage = "usage: " + (parent != nullptr ? parent->get_name() + " " : "");
    usage += app->get_name();
    if (!app->get_subcommands({}).empty()) return usage + " COMMAND [FLAGS]\n\n";
    for (const CLI::Option* positional :
         app->get_options([](const CLI::Option* o) { return o->get_positional(); }))
      usage += " " + make_option_usage(positional);
    return usage + " [FLAGS]\n\n";
  }
  std::string make_group(std::string name, bool positional,
                         std::vector<const CLI::Option*> options) const override {
    std::string group = name + ":\n";
    for (const CLI::Option* option : options) group += make_option(option, positional);
    return group;
  }
  std::string make_positionals(const CLI::App* app) const override {
    const std::string positionals = CLI::Formatter::make_positionals(app);
    return positionals.empty() ? "" : positionals + "\n";
  }
  std::string make_option(const CLI::Option* option, bool positional) const override {
    std::string names = option->get_name(positional, !positional);
    if (!positional)
      for (std::size_t at = 0; (at = names.find(',', at)) != std::string::npos; at += 2)
        names.insert(at + 1, " ");
    if (!positional && option->get_type_size() != 0) names += " " + option->get_type_name();
    return entry(names, option->get_description());
  }
  std::string make_description(const CLI::App* app) const override {
    return wrapped(app->get_description(), 0, kWidth) + "\n\n";
  }
  std::string make_subcommand(const CLI::App* command) const override {
    const std::string all = command->get_description();
    return entry(command->get_name(), all.substr(0, all.find(". ")));
  }
  std::string make_footer(const CLI::App* app) const override { return app->get_footer() + "\n"; }
};

}  // namespace

std::string wrapped(const std::string& text, std::size_t begin, std::size_t width) {
  std::string lines;
  std::size_t column = begin;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t space = column > begin ? 1 : 0;
    if (column + space + word.size() > width && column > begin) {
      lines += "\n" + std::string(begin, ' ');
      column = begin;
    } else if (space > 0) {
      lines += " ";
      ++column;
    }
    lines += word;
    column += word.size();
  }
  return lines;
}

void prepare(CLI::App& app) {
  app.formatter(std::make_shared<Help>());
  app.get_formatter()->label("Positionals", "Arguments");
  app.option_defaults()->always_capture_default(false);
}

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& description,
                      const std::string& example) {
  CLI::App* command = app.add_subcommand(name, description);
  command->group("Commands");
  command->footer("Example:\n  " + example);
  return command;
}

namespace {

// Behind all other flags.
void add_help(CLI::App& app) {
  app.set_help_flag("-h,--help", "Show this text and end")->group("Other");
}

// Standard output, checked; the exit code.
int print(const std::string& program, const std::string& text) {
  Output out(STDOUT_FILENO, "standard output");
  out.write(text);
  const core::Status written = out.close();
  if (written) return kExitOk;
  tell(program + ": " + written.error().sentence + "\n");
  return exit_code(written.error().fault);
}

}  // namespace

std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  const auto chosen = [&] {
    const std::vector<CLI::App*> commands = app.get_subcommands();
    return commands.empty() ? &app : commands.front();
  };
  add_help(app);
  for (CLI::App* command : app.get_subcommands({})) add_help(*command);
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    return print(app.get_name(), chosen()->help());
  } catch (const CLI::CallForVersion& version) {
    return print(app.get_name(), version.what() + std::string("\n"));
  } catch (const CLI::ExtrasError&) {
    const bool no_command = chosen() == &app && !app.get_subcommands({}).empty();
    const std::string word = app.remaining(true).front();
    tell(app.get_name() + (chosen() == &app ? "" : " " + chosen()->get_name()) + ": there is no " +
         (no_command && !word.starts_with('-') ? "command" : "flag") + " '" + word + "'\nSee " +
         app.get_name() + (chosen() == &app ? "" : " " + chosen()->get_name()) + " --help\n");
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    const std::string command =
        app.get_name() + (chosen() == &app ? "" : " " + chosen()->get_name());
    tell(command + ": " + error.what() + "\nSee " + command + " --help\n");
    return kExitUsage;
  }
}

}  // namespace linnet::tools
