#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace linnet::tools {

// What this process may use, in bytes; nothing where the system does not tell.
struct MemoryLimits {
  std::optional<std::int64_t> total;      // of the machine, or of the control group if it is less
  std::optional<std::int64_t> available;  // of it, without pushing anything out
};

// From /proc/meminfo and the memory control groups (versions 1 and 2) that this process is in.
// `root` is put before every path.
MemoryLimits memory_limits(const std::string& root = "");

// The most memory that this process has had in RAM so far, in bytes; 0 if the system does not tell.
std::int64_t peak_memory();

// Bytes that the allocator has given out; 0 if the C library does not tell.
std::int64_t heap_in_use();

}  // namespace linnet::tools
