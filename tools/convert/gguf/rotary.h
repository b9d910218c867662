#pragma once

#include "engine/model/spec.h"
#include "tools/convert/family.h"

namespace linnet::convert {

// The fields rope.* of a GGUF file, folded into `s.rotary`, whose pairs are (i, i + pairs), and the
// tensors that divide its frequencies: rope_freqs.weight, or rope_factors_short.weight. Scaling is
// "none", "linear", "yarn" or "longrope" (rotary.h; the last one lowers `s.positions`); any other
// is refused by name.
void read_gguf_rotary(Config& fields, Found& found, model::Stack& s);

}  // namespace linnet::convert
