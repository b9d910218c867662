#include "engine/generate/generate.h"

#include <algorithm>
#include <cassert>
#include <chrono>

namespace linnet::generate {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::say;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Generation {
 public:
  Generation(Session& session, Sampler& sampler, const Request& request, const OnToken& on_token)
      : session_(session), sampler_(sampler), request_(request), on_token_(on_token) {}

  core::Result<Outcome> run() {
    if (const core::Status fine = prompt(); !fine) return fine.error();
    const double begin = now();
    while (!finished_)
      if (const core::Status fine = step(); !fine) return fine.error();
    outcome_.generation_seconds = now() - begin;
    return outcome_;
  }

 private:
  bool cancelled() {
    if (request_.cancel == nullptr || !request_.cancel->load(std::memory_order_relaxed))
      return false;
    return finish(Finish::cancelled);
  }
  bool finish(Finish why) {
    outcome_.finish = why;
    finished_ = true;
    return true;
  }
  bool room() const {
    return session_.tokens().size() < static_cast<std::size_t>(session_.context());
  }

  core::Status prompt() {
    const double begin = now();
    const std::size_t free =
        static_cast<std::size_t>(session_.context()) - session_.tokens().size();
    if (request_.prompt.size() > free)
      return Error{Fault::limit, say("the prompt has ", request_.prompt.size(),
                                     " tokens and the context has room for ", free)};
    std::span<const int> rest = request_.prompt;
    while (!rest.empty() && !cancelled()) {
      const std::span<const int> slice = rest.first(std::min<std::size_t>(rest.size(), kSlice));
      rest = rest.subspan(slice.size());
      const core::Status fed = rest.empty() ? session_.feed(slice) : session_.feed_more(slice);
      if (!fed) return fed;
      outcome_.prompt_tokens += static_cast<int>(slice.size());
      if (request_.on_prompt) request_.on_prompt(outcome_.prompt_tokens);
    }
    outcome_.prompt_seconds = now() - begin;
    return Done{};
  }

  // Chooses a token, shows it, and feeds it if another one may follow.
  core::Status step() {
    if (outcome_.tokens == request_.max_tokens) return finish(Finish::length), Done{};
    if (cancelled()) return Done{};
    const core::Result<int> token = sampler_.pick(session_.logits(), session_.tokens());
    if (!token) return token.error();
    if (std::find(request_.end_tokens.begin(), request_.end_tokens.end(), *token) !=
        request_.end_tokens.end())
      return finish(Finish::end_token), Done{};
    ++outcome_.tokens;
    if (on_token_(*token) == Go::stop) return finish(Finish::stopped), Done{};
    if (outcome_.tokens == request_.max_tokens) return finish(Finish::length), Done{};
    if (!room()) return finish(Finish::context_full), Done{};
    ++outcome_.steps;
    return session_.feed(std::span<const int>(&*token, 1));
  }

  Session& session_;
  Sampler& sampler_;
  const Request& request_;
  const OnToken& on_token_;
  Outcome outcome_;
  bool finished_ = false;
};

}  // namespace

core::Result<Outcome> generate(Session& session, Sampler& sampler, const Request& request,
                               const OnToken& on_token) {
  assert(!request.prompt.empty());
  return Generation(session, sampler, request, on_token).run();
}

}  // namespace linnet::generate
