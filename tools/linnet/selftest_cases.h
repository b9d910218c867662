#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace linnet::tools {

// The outputs of one call of one kernel.
struct KernelResult {
  std::string name;                 // of the kernel, and its sizes
  bool floats;                      // else integers or packed bytes
  std::vector<std::uint32_t> bits;  // a NaN is always the same one
};

// Every kernel of `table` at lengths around its vectors and tiles. The inputs are the same on every
// machine, and so are the results of every table on all machines (kernels/kernels.h), if it is
// sound.
std::vector<KernelResult> exercise(const kernels::Table& table);

// A number that depends on every bit of the results. That of the reference is kReferenceDigest on
// every machine.
std::uint64_t digest(const std::vector<KernelResult>& results);
inline constexpr std::uint64_t kReferenceDigest = 0x3bee2cc6b988c50e;

// Where two lists of results first differ, in a sentence; empty if in no bit.
std::string first_difference(const std::vector<KernelResult>& expected,
                             const std::vector<KernelResult>& found);

}  // namespace linnet::tools
