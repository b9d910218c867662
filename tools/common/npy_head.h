#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/result.h"

namespace linnet::tools {

// What stands before the numbers of a NumPy file (numpy.lib.format, versions 1 to 3).
struct NpyHead {
  std::string type;                      // "<f4"
  bool by_columns = false;               // fortran_order
  std::vector<std::int64_t> shape = {};  // sizes from 1 to 2^31 - 1; none: a single number
  std::int64_t bytes = 0;                // where the numbers begin
};

inline constexpr std::int64_t kNpyHeadBytes = 1 << 16;  // no head is longer
inline constexpr std::size_t kNpyRank = 8;

// Whether a file that begins with these bytes is one.
bool begins_as_npy(std::span<const std::byte> start);

// Reads it from the first bytes of a file, at least kNpyHeadBytes or all of them. Errors: corrupt,
// limit; the sentence goes on from what the file is called.
core::Result<NpyHead> read_npy_head(std::span<const std::byte> start);

}  // namespace linnet::tools
