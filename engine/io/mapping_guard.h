#pragma once

#include <cstddef>
#include <span>

// A file that is cut short, or whose disk fails, while it is mapped kills its reader with SIGBUS at
// the next touch of a lost page. A program that would rather say so installs this guard.
namespace linnet::io {

// From now on such a touch writes one sentence that names the file to standard error and ends the
// process with `exit_code`. SIGBUS from anywhere else keeps its default action.
void guard_mappings(int exit_code = 5);

// Keeps a place for these bytes until unguard_mapping is called with the returned number, and so
// long `path` is not changed. -1 if all places are taken: the mapping goes unguarded.
int guard_mapping(std::span<const std::byte> bytes, const char* path);
void unguard_mapping(int place);

}  // namespace linnet::io
