#pragma once

#include <span>

#include "engine/core/result.h"
#include "engine/encode/encoder.h"

namespace linnet::encode {

// Whether an Encoder with these options can run them: as Encoder::encode says.
core::Status check_sequences(const model::Spec& spec, const EncoderOptions& options,
                             std::span<const Sequence> sequences);

}  // namespace linnet::encode
