#pragma once

#include <cstdint>
#include <optional>
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
  generate::Sampling sampling = {.temperature = 0, .min_p = 0};
  std::optional<std::uint64_t> seed;  // absent: any

  // What a beam search is.
  void declare_beams(Flags& flags);
  // What a target is drawn by instead.
  void declare_sampling(Flags& flags);
  // What no target may hold, and how long it may be.
  void declare_constraints(Flags& flags);
  // The options for a model, whose tokenizer may be null; with a temperature above 0 they hold the
  // seed. Errors: bad_argument, naming the flag.
  core::Result<generate::BeamOptions> of(const text::Tokenizer* tokenizer) const;

 private:
  core::Status draw(generate::BeamOptions& o) const;

  CLI::Option* beam_size_ = nullptr;  // of a command, that outlives this
};

}  // namespace linnet::tools
