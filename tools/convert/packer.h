#pragma once

#include <functional>
#include <span>
#include <string>

#include "engine/core/result.h"
#include "kernels/pack.h"
#include "tools/convert/plan.h"

namespace linnet::convert {

// Takes the next bytes of the tensor that is being packed. Errors end the packing.
using Sink = std::function<core::Status(std::span<const std::byte>)>;

// How many numbers of a tensor are in memory at once: some 4 MB as floats, and their packed form.
inline constexpr std::int64_t kSlabValues = 1 << 20;

// Reads the tensor slab by slab, packs it and gives it to the sink: the panels of a matrix, the
// floats of a vector. Returns how far the packed values are from the given ones. The bytes and the
// sums do not depend on `threads`. Errors: corrupt for NaN and infinities and unsupported for
// numbers that a half, and integers that our int8 cannot hold, all of which begin with `input`; io,
// limit, and what the sink says.
core::Result<kernels::QuantizationError> pack_tensor(const Checkpoint& checkpoint,
                                                     const PlannedTensor& tensor,
                                                     const std::string& input, int threads,
                                                     const Sink& sink);

// The bytes that the sink will get.
std::int64_t packed_bytes(const PlannedTensor& tensor);

// Rows [row, row + count) of a matrix of ours, or all of a vector (one row), as floats [count][in].
core::Status read_rows(const Checkpoint& checkpoint, const PlannedTensor& tensor, int row,
                       int count, std::span<float> to);

}  // namespace linnet::convert
