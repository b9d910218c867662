#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "tools/common/declare.h"

// The command line: CLI11 with strict numbers and a help text that is grouped, 80 columns wide, and
// says every default.
namespace linnet::tools {

// Gives `app` and the commands that are added to it later our kind of help.
void prepare(CLI::App& app);

// Parses and returns nothing, or the exit code with which to end: after --help (printed on standard
// output, 0) and after a mistake (a sentence on standard error, 2).
std::optional<int> parse(CLI::App& app, int argc, char** argv);

// `text` in lines of at most `width` columns, the first one after `begin` columns, the others
// indented by as many spaces.
std::string wrapped(const std::string& text, std::size_t begin, std::size_t width);

}  // namespace linnet::tools
