#pragma once

#include "engine/model/spec.h"
#include "tools/convert/config.h"

namespace linnet::convert {

// base^(-i / pairs) for pair i: the frequencies of Su et al. (2021), computed in double.
std::vector<float> plain_frequencies(double base, int pairs);

// Under which names a family's config has what others call rope_theta and partial_rotary_factor,
// and what counts where they are missing.
struct RotaryFields {
  std::string_view base = "rope_theta";
  double base_default = 10'000.0;
  std::string_view part = {};  // empty: all of a head turns
  double part_default = 1.0;
};

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
model::Rotary read_rotary(Config& config, int d_head, int positions,
                          const RotaryFields& fields = {});

// The same where layers that see a window turn otherwise than those that see all: rope_parameters
// holds "sliding_attention" and "full_attention", or, before, rope_local_base_freq stands beside
// rope_theta and rope_scaling, which are of those that see all.
void read_two_rotaries(Config& config, model::Stack& stack, double base_default,
                       double window_base_default);

}  // namespace linnet::convert
