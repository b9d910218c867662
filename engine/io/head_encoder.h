#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/io/format.h"

namespace linnet::io {

// Gives each tensor its place: fills in `offset` and `bytes`, in order. Returns the length of the
// whole file; invalid if it is beyond all bounds.
core::Checked lay_out(std::span<TensorEntry> tensors, std::span<const core::Setting> settings);

// The head of a file, from the magic to the checksum, for tensors that have their places.
// `settings` are sorted by name.
std::vector<std::byte> encode_head(std::span<const TensorEntry> tensors,
                                   std::span<const core::Setting> settings,
                                   std::int64_t file_bytes);

}  // namespace linnet::io
