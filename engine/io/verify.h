#pragma once

#include <string_view>

#include "engine/core/bundle.h"

namespace linnet::io {

// Reads all data of a bundle that came from a file, once, and holds it against FORMAT.md: the
// checksum of each tensor (else an Error of Fault::mismatch), its values and its padding (else
// Fault::corrupt). `name` stands for the file in sentences. Bundles made in memory have no
// checksums; all else is checked.
core::Status verify(const core::Bundle& bundle, std::string_view name);

}  // namespace linnet::io
