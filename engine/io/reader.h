#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/bundle.h"

namespace linnet::io {

struct ReadOptions {
  bool map = true;      // use the file in place; otherwise read a copy into memory
  bool verify = false;  // also verify the data of all tensors (verify.h)
  bool warm = false;    // also read all of the file at once (MappedFile::warm)
};

// What a model file holds (FORMAT.md). The head is checked in full: names, types, shapes, sizes,
// layout, its checksum. Settings have the form that their type says; what they mean is for others
// to judge. The data of the tensors is not touched unless the options ask for it. Errors, naming
// the file: those of MappedFile::open; corrupt; unsupported, for what a newer version may hold;
// mismatch, if a tensor does not have its checksum.
core::Result<core::Bundle> read_model(const std::string& path, const ReadOptions& options = {});

// The same from the bytes of a file, aligned to kernels::kAlignment and kept alive by `keeper` or
// by the caller. `name` stands for the file in sentences.
core::Result<core::Bundle> read_model(std::span<const std::byte> file, std::string_view name,
                                      std::shared_ptr<const void> keeper = nullptr);

}  // namespace linnet::io
