#pragma once

#include <cstdint>
#include <optional>

#include "engine/generate/sampler.h"
#include "tools/common/declare.h"

namespace linnet::tools {

// How the next token is chosen.
struct SamplingFlags {
  generate::Sampling sampling = {};
  std::optional<std::uint64_t> seed = {};  // absent: a random one

  void declare(Flags& flags);
  // The sampler that they ask for. From then on `seed` is the one in use. Errors: io, bad_argument.
  core::Result<generate::Sampler> sampler(int vocab);
};

}  // namespace linnet::tools
