#pragma once

#include <string>
#include <vector>

#include "engine/generate/beam.h"
#include "engine/text/tokenizer.h"
#include "tools/common/declare.h"

namespace linnet::tools {

// How targets are searched for.
struct SearchFlags {
  generate::BeamOptions options;
  std::string norm = "mean", early = "heuristic";
  std::vector<std::string> suppressed;

  // What a beam search is.
  void declare_beams(Flags& flags);
  // What no target may hold, and how long it may be.
  void declare_constraints(Flags& flags);
  // The options for a model, whose tokenizer may be null. Errors: bad_argument, naming the flag.
  core::Result<generate::BeamOptions> of(const text::Tokenizer* tokenizer) const;
};

}  // namespace linnet::tools
