#include "engine/generate/constraints.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace linnet::generate {
namespace {

using core::Error;
using core::Fault;
using core::say;

constexpr float kNever = -std::numeric_limits<float>::infinity();

core::Status check_tokens(std::span<const int> tokens, int vocab) {
  for (const int token : tokens)
    if (token < 0 || token >= vocab)
      return Error{Fault::bad_argument,
                   say("the token ", token, " is to be suppressed and is not in ",
                       "the vocabulary of ", vocab)};
  return core::Done{};
}

}  // namespace

core::Result<Constraints> Constraints::make(const ConstraintOptions& options,
                                            std::span<const std::int32_t> ends, int vocab) {
  core::Status fine = check_tokens(options.suppressed, vocab);
  for (const std::vector<int>& run : options.suppressed_runs)
    if (fine) fine = check_tokens(run, vocab);
  if (!fine) return fine.error();
  if (!(options.repeat_penalty > 0.0f) || !std::isfinite(options.repeat_penalty))
    return Error{Fault::bad_argument, "the penalty of repeated tokens must be above 0"};
  if (options.no_repeat_ngram < 0 || options.min_tokens < 0)
    return Error{Fault::bad_argument, "lengths of repeated runs and of targets are not negative"};
  Constraints made;
  made.options_ = options;
  made.ends_.assign(ends.begin(), ends.end());
  made.round_.resize(static_cast<std::size_t>(vocab));
  return made;
}

void Constraints::apply(std::span<float> log_probs, std::span<const int> history, int chosen) {
  const auto forbid = [&](int token) { log_probs[static_cast<std::size_t>(token)] = kNever; };
  if (options_.repeat_penalty != 1.0f) penalize(log_probs, history);
  if (options_.no_repeat_ngram > 0) forbid_repeated(log_probs, history);
  for (const int token : options_.suppressed) forbid(token);
  for (const std::vector<int>& run : options_.suppressed_runs) {
    const std::size_t before = run.size() - 1;
    if (history.size() >= before &&
        std::equal(run.begin(), run.end() - 1, history.end() - static_cast<std::ptrdiff_t>(before)))
      forbid(run.back());
  }
  if (chosen < options_.min_tokens)
    for (const std::int32_t end : ends_) forbid(end);
}

void Constraints::penalize(std::span<float> log_probs, std::span<const int> history) {
  ++rounds_;
  for (const int id : history) {
    const auto at = static_cast<std::size_t>(id);
    if (round_[at] == rounds_) continue;
    round_[at] = rounds_;
    log_probs[at] *= options_.repeat_penalty;  // log-probabilities are never positive
  }
}

// Each token that followed the last n - 1 tokens before.
void Constraints::forbid_repeated(std::span<float> log_probs, std::span<const int> history) const {
  const auto before = static_cast<std::size_t>(options_.no_repeat_ngram) - 1;
  if (history.size() < before) return;
  const std::span<const int> last = history.last(before);
  for (std::size_t at = 0; at + before < history.size(); ++at)
    if (std::equal(last.begin(), last.end(), history.begin() + static_cast<std::ptrdiff_t>(at)))
      log_probs[static_cast<std::size_t>(history[at + before])] = kNever;
}

}  // namespace linnet::generate
