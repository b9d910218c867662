#include "engine/generate/session.h"

#include <cassert>
#include <new>

namespace linnet::generate {
namespace {

using core::Error;
using core::Fault;
using core::say;

LanesOptions lanes_of(const SessionOptions& o) {
  return {.positions = o.context,
          .threads = o.threads,
          .processors = o.processors,
          .cache = o.cache,
          .tile = o.tile,
          .rewinds = o.rewinds};
}

}  // namespace

struct Session::State {
  Lanes lanes;
  std::vector<int> tokens;  // its memory is reserved for the whole context

  core::Status check_room(std::span<const int> next) const;
  core::Status feed(std::span<const int> next, bool wanted);
};

core::Result<MemoryNeed> Session::needs(const model::Transformer& transformer,
                                        const SessionOptions& options) {
  if (transformer.reads())
    return Error{Fault::bad_argument,
                 "this model reads a text (an encoder alone); it does not continue one"};
  if (transformer.translates())
    return Error{Fault::bad_argument,
                 "this model turns a source into a target (an encoder-decoder); it does not "
                 "continue a text"};
  core::Result<MemoryNeed> need = Lanes::needs(transformer, lanes_of(options));
  if (!need) return need.error();
  const int context = options.context == 0 ? transformer.spec().decoder.positions : options.context;
  need->workspace += std::int64_t{context} * std::int64_t{sizeof(int)};
  return need;
}

core::Result<Session> Session::open(const model::Transformer& transformer,
                                    const SessionOptions& options) {
  const core::Result<MemoryNeed> need = needs(transformer, options);
  if (!need) return need.error();
  core::Result<Lanes> lanes = Lanes::open(transformer, lanes_of(options));
  if (!lanes) return lanes.error();
  const int context = lanes->options().positions;
  try {
    auto state = std::make_unique<State>(State{std::move(*lanes), {}});
    state->tokens.reserve(static_cast<std::size_t>(context));
    return Session(std::move(state));
  } catch (const std::bad_alloc&) {
  }
  return Error{Fault::limit, say("a context of ", context, " needs ", need->total(),
                                 " bytes of memory, and they cannot be had")};
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

int Session::context() const { return state_->lanes.options().positions; }
void Session::start() { state_->lanes.start(); }
int Session::threads() const { return state_->lanes.threads(); }
std::vector<int> Session::processors() const { return state_->lanes.processors(); }
std::span<const int> Session::tokens() const { return state_->tokens; }
std::span<float> Session::logits() { return state_->lanes.logits(state_->lanes.last_row()); }
void Session::watch(model::Watch watch) { state_->lanes.watch(std::move(watch)); }

core::Status Session::State::check_room(std::span<const int> next) const {
  assert(!next.empty());
  const auto context = static_cast<std::size_t>(lanes.options().positions);
  const int vocab = lanes.transformer().spec().vocab;
  if (next.size() > context - tokens.size())
    return Error{Fault::limit, say(next.size(), " tokens do not fit: ", tokens.size(),
                                   " of the context's ", context, " are in use")};
  for (const int token : next)
    if (token < 0 || token >= vocab)
      return Error{Fault::bad_argument,
                   say("the token ", token, " is not in the vocabulary of ", vocab)};
  return core::Done{};
}

core::Status Session::State::feed(std::span<const int> next, bool wanted) {
  if (const core::Status fits = check_room(next); !fits) return fits.error();
  lanes.feed(0, next, wanted);
  tokens.insert(tokens.end(), next.begin(), next.end());
  return core::Done{};
}

core::Status Session::feed(std::span<const int> tokens) { return state_->feed(tokens, true); }
core::Status Session::feed_more(std::span<const int> tokens) { return state_->feed(tokens, false); }

core::Status Session::feed(std::span<const int> tokens, const EachLogits& each) {
  if (const core::Status fits = state_->check_room(tokens); !fits) return fits.error();
  state_->lanes.feed(0, tokens, each);
  state_->tokens.insert(state_->tokens.end(), tokens.begin(), tokens.end());
  return core::Done{};
}

void Session::truncate(int length) {
  assert(length >= 0 && length <= static_cast<int>(state_->tokens.size()));
  state_->lanes.truncate(0, length);
  state_->tokens.resize(static_cast<std::size_t>(length));
}

}  // namespace linnet::generate
