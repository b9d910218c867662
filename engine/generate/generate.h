#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <vector>

#include "engine/core/result.h"
#include "engine/generate/sampler.h"
#include "engine/generate/session.h"

// Tokens in, tokens out.
namespace linnet::generate {

enum class Finish {
  length,        // as many tokens as were asked for
  end_token,     // the model ended its text
  stopped,       // the callback had enough
  context_full,  // no room for another token
  cancelled,     // from another thread or a signal
};

inline constexpr int kSlice = kPromptTile;  // prompt tokens between two looks at `cancel`

struct Request {
  std::span<const int> prompt = {};  // at least one token
  int max_tokens = -1;               // -1: until the text or the context ends
  std::span<const int> end_tokens = {};
  // Asked before every token and every kSlice prompt tokens; may be set from anywhere. Null: no one
  // will cancel. It outlives the call.
  const std::atomic<bool>* cancel = nullptr;
  // Called with the number of prompt tokens that are through, every kSlice of them.
  std::function<void(int)> on_prompt = nullptr;
};

enum class Go { on, stop };
// A new token; not called for an end token.
using OnToken = std::function<Go(int token)>;

struct Outcome {
  Finish finish = Finish::length;
  int prompt_tokens = 0, tokens = 0;  // `tokens` counts those that OnToken saw
  int steps = 0;                      // tokens fed one by one after the prompt
  double prompt_seconds = 0;          // until the first logits
  double generation_seconds = 0;      // of the steps, choosing included
};

// Feeds the prompt and then token after token, until something of Finish happens. Errors: those of
// Session::feed (nothing generated yet) and Sampler::pick.
core::Result<Outcome> generate(Session& session, Sampler& sampler, const Request& request,
                               const OnToken& on_token);

}  // namespace linnet::generate
