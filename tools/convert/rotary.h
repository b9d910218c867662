#pragma once

#include <span>

#include "engine/model/spec.h"
#include "tools/convert/config.h"

namespace linnet::convert {

// base^(-i / pairs) for pair i: the frequencies of Su et al. (2021), computed in double.
std::vector<float> plain_frequencies(double base, int pairs);

// YaRN (Peng et al., 2023): of frequencies that are plain ones of `base`, those whose pairs turn at
// least `fast` times within `context` positions are kept, those that turn at most `slow` times are
// divided by `factor`, and between them lies a ramp over the numbers of the pairs.
struct Yarn {
  double factor = 1, context = 1, fast = 32, slow = 1;
  bool whole_pairs = true;  // the ramp begins and ends at a pair
};
void stretch_by_yarn(model::Rotary& rotary, double base, const Yarn& yarn);
// How much cosines and sines grow with it: 0.1 weight ln(factor) + 1.
double yarn_growth(double factor, double weight = 1);

// LongRoPE (Ding et al., 2024) for sequences of at most the `context` that a model was first
// trained for: every frequency is divided by its short factor. Its long factors are for longer
// ones, and both at once cannot be: `positions` becomes `context`, which `config` notes. Cosines
// and sines grow by sqrt(1 + ln(factor) / ln(context)), whatever the length.
void shorten_by_factors(model::Rotary& rotary, std::span<const double> factors, Config& config,
                        int context, int& positions);
double longrope_growth(double factor, double context);

// Under which names a family's config has what others call rope_theta and partial_rotary_factor,
// and what counts where they are missing.
struct RotaryFields {
  std::string_view base = "rope_theta";
  double base_default = 10'000.0;
  std::string_view part = {};  // empty: all of a head turns
  double part_default = 1.0;
};

// What a Hugging Face config says about rotary positions (rope_theta, rope_scaling, and the newer
// rope_parameters) for heads of `d_head`, folded into frequencies and a magnitude. `positions` is
// the config's max_position_embeddings. The kinds:
//   default  plain
//   linear   all divided by `factor` (Chen et al., 2023)
//   dynamic  plain: that rule changes nothing up to max_position_embeddings, and no session is
//            longer
//   llama3   wavelengths beyond original_max_position_embeddings / low_freq_factor are stretched by
//            `factor`, those below .../ high_freq_factor are kept, between them a blend (Llama 3.1)
//   yarn     as above, with beta_fast, beta_slow, truncate; attention_factor, or mscale and
//            mscale_all_dim, instead of the usual growth
//   longrope (or su) short_factor, as above; `positions` is lowered
// Any other kind is refused by name.
model::Rotary read_rotary(Config& config, int d_head, int& positions,
                          const RotaryFields& fields = {});

// The same where layers that see a window turn otherwise than those that see all: rope_parameters
// holds "sliding_attention" and "full_attention", or, before, rope_local_base_freq stands beside
// rope_theta and rope_scaling, which are of those that see all.
void read_two_rotaries(Config& config, model::Stack& stack, double base_default,
                       double window_base_default);

}  // namespace linnet::convert
