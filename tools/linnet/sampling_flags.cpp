#include "tools/linnet/sampling_flags.h"

#include "engine/core/limits.h"
#include "tools/linnet/machine.h"

namespace linnet::tools {

void SamplingFlags::declare(Flags& flags) {
  flags.number("--repeat-penalty", sampling.repeat_penalty, 0, 100, true, "X",
               "Divide positive logits of recent tokens by this, multiply negative ones; 1: off");
  flags.integer("--repeat-last-n", sampling.repeat_last_n, -1,
                static_cast<int>(core::limits::kContext), "N",
                "So many tokens are recent, the prompt's too; -1: all");
  flags.integer("--top-k", sampling.top_k, 0, static_cast<int>(core::limits::kVocabulary), "N",
                "Keep the N most likely; 0: all");
  flags.number("--top-p", sampling.top_p, 0, 1, true, "P",
               "Keep the most likely that together reach this probability; 1: all");
  flags.number("--min-p", sampling.min_p, 0, 1, false, "P",
               "Keep those at least this likely, relative to the most likely; 0: all");
  flags.number("--temp", sampling.temperature, 0, 100, false, "X",
               "Temperature: higher is more varied; 0: always the most likely token (greedy)");
  flags.seed("-s,--seed", seed, "Of the random numbers; the same seed writes the same text");
}

core::Result<generate::Sampler> SamplingFlags::sampler(int vocab) {
  if (!seed) {
    const core::Result<std::uint64_t> random = random_seed();
    if (!random) return random.error();
    seed = *random;
  }
  sampling.seed = *seed;
  return generate::Sampler::make(sampling, vocab);
}

}  // namespace linnet::tools
