#pragma once

#include "engine/model/spec.h"
#include "tools/convert/config.h"

namespace linnet::convert {

// base^(-i / pairs) for pair i: the frequencies of Su et al. (2021), computed in double.
std::vector<float> plain_frequencies(double base, int pairs);

// What a Hugging Face config says about rotary positions (rope_theta, rope_scaling, and the newer
// rope_parameters) for heads of `d_head`, folded into frequencies. `positions` is the config's
// max_position_embeddings. The kinds:
//   default  plain
//   linear   all divided by `factor` (Chen et al., 2023)
//   dynamic  plain: that rule changes nothing up to max_position_embeddings, and no session is
//            longer
//   llama3   wavelengths beyond original_max_position_embeddings / low_freq_factor are stretched by
//            `factor`, those below .../ high_freq_factor are kept, between them a blend (Llama 3.1)
// Any other kind is refused by name.
model::Rotary read_rotary(Config& config, int d_head, int positions);

}  // namespace linnet::convert
