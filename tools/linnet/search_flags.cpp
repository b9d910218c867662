#include "tools/linnet/search_flags.h"

#include <algorithm>

#include "engine/core/limits.h"
#include "tools/linnet/around_flags.h"
#include "tools/linnet/machine.h"

namespace linnet::tools {
using core::Error;
using core::Fault;
using core::say;
using generate::EarlyStopping;
using generate::LengthNorm;

void SearchFlags::declare_beams(Flags& flags) {
  generate::BeamOptions& o = options;
  beam_size_ = flags.integer("-b,--beam-size", o.beams, 1, static_cast<int>(core::limits::kBeam),
                             "N", "Targets that are followed at a time; 1: greedy search");
  flags.integer("--n-best", o.n_best, 1, static_cast<int>(core::limits::kBeam), "N",
                "Targets that are written for each source, the best first; at most the beam size");
  flags.number("--length-penalty", o.length_penalty, -100, 100, false, "A",
               "The score of a target is the sum of its log-probabilities / length^A");
  flags.choice("--length-norm", norm, {"mean", "gnmt"},
               "gnmt: divide by ((5 + length) / 6)^A instead");
  flags.number("--word-penalty", o.word_penalty, -100, 100, false, "X",
               "Take this from the sum for every token");
  flags.choice("--early-stopping", early, {"heuristic", "first", "never"},
               "When enough targets have ended, stop: if no other is better so far; at once; only "
               "if no other can become better");
  flags.number("--patience", o.patience, 0, 100, true, "X",
               "So many times the beam size are enough");
  flags.integer("--beam-groups", o.groups, 1, static_cast<int>(core::limits::kBeam), "N",
                "Groups of beams that are kept apart; divides the beam size");
  flags.number("--diversity", o.diversity, 0, 1000, false, "X",
               "What a token costs for every earlier group that has just chosen it");
}

void SearchFlags::declare_sampling(Flags& flags) {
  CLI::Option* temperature =
      flags.number("--temp", sampling.temperature, 0, 100, false, "X",
                   "Draw targets by chance instead of searching, --n-best of them: higher is more "
                   "varied; 0: search");
  need(flags.integer("--top-k", sampling.top_k, 0, static_cast<int>(core::limits::kVocabulary), "N",
                     "Draw among the N most likely tokens; 0: all"),
       temperature);
  need(flags.number("--top-p", sampling.top_p, 0, 1, true, "P",
                    "Draw among the most likely that together reach this probability; 1: all"),
       temperature);
  need(flags.seed("-s,--seed", seed,
                  "Of the random numbers; the same seed draws the same targets of a line, whatever "
                  "the others are"),
       temperature);
}

void SearchFlags::declare_constraints(Flags& flags) {
  generate::BeamOptions& o = options;
  constexpr int kMostTokens = static_cast<int>(core::limits::kContext);
  flags.integer("--min-tokens", o.constraints.min_tokens, 0, kMostTokens, "N",
                "No target ends before it has so many tokens");
  flags.number("--max-length-factor", o.max_length_factor, 0, 1000, false, "X",
               "No target has more tokens than this times its source; 0: any number");
  flags.integer("--no-repeat-ngram", o.constraints.no_repeat_ngram, 0, kMostTokens, "N",
                "No run of so many tokens occurs twice; 0: any may");
  flags.number("--repeat-penalty", o.constraints.repeat_penalty, 0, 100, true, "X",
               "Log-probabilities of tokens that have occurred are multiplied by this; 1: off");
  flags.texts("--suppress", suppressed, "TEXT",
              "Never write this token, or these tokens one after another; may be given more than "
              "once");
}

core::Status SearchFlags::draw(generate::BeamOptions& o) const {
  if (beam_size_ != nullptr && tools::given(beam_size_) && o.beams > 1)
    return Error{Fault::bad_argument, say("--temp draws targets one by one and --beam-size ",
                                          o.beams, " searches; a beam size of 1 goes with it")};
  o.sampling = sampling;
  if (seed) {
    o.sampling->seed = *seed;
  } else {
    const core::Result<std::uint64_t> random = random_seed();
    if (!random) return random.error();
    o.sampling->seed = *random;
  }
  o.beams = o.n_best;
  o.groups = 1;
  return core::Done{};
}

core::Result<generate::BeamOptions> SearchFlags::of(const text::Tokenizer* tokenizer) const {
  generate::BeamOptions o = options;
  o.norm = norm == "gnmt" ? LengthNorm::gnmt : LengthNorm::mean;
  o.early = early == "first"   ? EarlyStopping::first
            : early == "never" ? EarlyStopping::never
                               : EarlyStopping::heuristic;
  if (sampling.temperature > 0)
    if (const core::Status fine = draw(o); !fine) return fine.error();
  if (o.n_best > o.beams)
    return Error{Fault::bad_argument,
                 say("--n-best ", o.n_best, " is more than the --beam-size of ", o.beams)};
  if (o.beams % o.groups != 0)
    return Error{Fault::bad_argument,
                 say("--beam-groups ", o.groups, " does not divide the --beam-size of ", o.beams)};
  if (!suppressed.empty() && tokenizer == nullptr)
    return Error{Fault::bad_argument, "--suppress: the model has no tokenizer to read it with"};
  for (const std::string& text : suppressed) {
    core::Result<std::vector<int>> tokens = spelled_tokens("--suppress", text, *tokenizer);
    if (!tokens) return tokens.error();
    if (tokens->size() == 1)
      o.constraints.suppressed.push_back(tokens->front());
    else
      o.constraints.suppressed_runs.push_back(std::move(*tokens));
  }
  return o;
}

}  // namespace linnet::tools
