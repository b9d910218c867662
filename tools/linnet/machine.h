#pragma once

#include <string>
#include <string_view>

#include "engine/core/result.h"

// What this program is and what it stands on.
namespace linnet::tools {

// Several lines for --version: version, commit, compiler, and every table of kernels.
std::string version_text();

// What the program was compiled to rely on and the processor does not have; empty if nothing.
std::string_view missing_baseline();

// Why the kernels of that name cannot be used, as half a sentence.
std::string unusable(std::string_view name);

// How many processors this process may run on.
int usable_processors();

// A number from the system that nobody can guess, short enough to be typed.
core::Result<std::uint64_t> random_seed();

// What a person may try after a failure of that kind.
std::string_view hint(core::Fault fault);

}  // namespace linnet::tools
