#include "engine/generate/session.h"

#include <algorithm>
#include <cassert>
#include <new>

#include "engine/core/limits.h"
#include "engine/core/pace.h"
#include "engine/core/parallel.h"

namespace linnet::generate {
namespace {

using core::Error;
using core::Fault;
using core::say;

// Rows whose logits are computed together where all are wanted.
constexpr int kLogitRows = kernels::kTile;

int context_of(const model::Transformer& transformer, const SessionOptions& options) {
  return options.context == 0 ? transformer.spec().decoder.positions : options.context;
}

model::CacheShape cache_shape(const model::Transformer& transformer,
                              const SessionOptions& options) {
  return {.layout = transformer.page_layout(options.cache),
          .layers = transformer.spec().decoder.layers,
          .lanes = 1,
          .positions = context_of(transformer, options)};
}

core::Status check(const model::Transformer& transformer, const SessionOptions& options) {
  const model::Stack& s = transformer.spec().decoder;
  const int context = context_of(transformer, options);
  if (context < 1 || context > core::limits::kContext)
    return Error{Fault::bad_argument,
                 say("a context of ", context, " must lie between 1 and ", core::limits::kContext)};
  if (s.position == model::Position::learned && context + s.position_start > s.positions)
    return Error{Fault::limit,
                 say("a context of ", context, " is more than the ", s.positions - s.position_start,
                     " positions that the model has learned")};
  if (options.threads < 1 || options.threads > core::limits::kThreads)
    return Error{Fault::bad_argument,
                 say(options.threads, " threads must lie between 1 and ", core::limits::kThreads)};
  if (options.tile < 1 || options.tile > core::limits::kBatch)
    return Error{Fault::bad_argument,
                 say("a tile of ", options.tile, " must lie between 1 and ", core::limits::kBatch)};
  return core::Done{};
}

}  // namespace

struct Session::State {
  const model::Transformer& transformer;
  SessionOptions options;
  model::KvCache cache;
  model::Workspace workspace;
  std::vector<int> tokens;  // its memory is reserved for the whole context
  model::Watch watch;
  int last_row = 0;  // of the workspace's logits: that of the last token

  core::Pace pace;

  State(const model::Transformer& t, const SessionOptions& o)
      : transformer(t), options(o), pace(o.threads) {}

  // Puts the tokens through the layers and, if its logits are wanted, the last row through the
  // head.
  void step(std::span<const int> next, bool wanted);
  // Puts rows of the last step through the head.
  void head(int first, int count);
  core::Status check_room(std::span<const int> next) const;
};

core::Result<MemoryNeed> Session::needs(const model::Transformer& transformer,
                                        const SessionOptions& options) {
  if (const core::Status fine = check(transformer, options); !fine) return fine.error();
  const core::Checked cache = model::KvCache::bytes_needed(cache_shape(transformer, options));
  const core::Checked workspace =
      model::Workspace::bytes_needed(transformer.spec(), options.tile, kLogitRows);
  const core::Checked tokens =
      core::Checked(context_of(transformer, options)) * std::int64_t{sizeof(int)};
  if (!(cache + workspace + tokens).fits_memory())
    return Error{Fault::limit, say("a context of ", context_of(transformer, options),
                                   " needs more memory than this machine can address")};
  return MemoryNeed{.cache = cache.value(), .workspace = (workspace + tokens).value()};
}

core::Result<Session> Session::open(const model::Transformer& transformer,
                                    const SessionOptions& options) {
  const core::Result<MemoryNeed> need = needs(transformer, options);
  if (!need) return need.error();
  const int context = context_of(transformer, options);
  try {
    auto state = std::make_unique<State>(transformer, options);
    state->options.context = context;
    if (state->cache.allocate(cache_shape(transformer, options)) &&
        state->workspace.allocate(transformer.spec(), options.tile, kLogitRows)) {
      state->tokens.reserve(static_cast<std::size_t>(context));
      return Session(std::move(state));
    }
  } catch (const std::bad_alloc&) {
  }
  return Error{Fault::limit, say("a context of ", context, " needs ", need->total(),
                                 " bytes of memory, and they cannot be had")};
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

int Session::context() const { return state_->options.context; }
std::span<const int> Session::tokens() const { return state_->tokens; }
std::span<float> Session::logits() {
  const core::Mat& all = state_->workspace.logits;
  return {all.row(state_->last_row), static_cast<std::size_t>(all.cols)};
}
void Session::watch(model::Watch watch) { state_->watch = std::move(watch); }

core::Status Session::State::check_room(std::span<const int> next) const {
  assert(!next.empty());
  const auto room = static_cast<std::size_t>(options.context) - tokens.size();
  if (next.size() > room)
    return Error{Fault::limit, say(next.size(), " tokens do not fit: ", tokens.size(),
                                   " of the context's ", options.context, " are in use")};
  for (const int token : next)
    if (token < 0 || token >= transformer.spec().vocab)
      return Error{Fault::bad_argument, say("the token ", token, " is not in the vocabulary of ",
                                            transformer.spec().vocab)};
  return core::Done{};
}

void Session::State::step(std::span<const int> next, bool wanted) {
  const int past = cache.length(0), rows = static_cast<int>(next.size());
  cache.extend(0, past + rows);
  const ops::Run run{.first_row = 0, .rows = rows, .past = past, .pages = cache.pages(0)};
  const double waiting = core::parallel(pace.team(), [&](core::Team team) {
    const model::Step step{.runs = {&run, 1},
                           .layout = &cache.shape().layout,
                           .ws = &workspace,
                           .team = team,
                           .watch = &watch};
    transformer.forward(next, step);
    if (wanted) transformer.logits(rows - 1, 1, step);
  });
  pace.record(waiting);
  tokens.insert(tokens.end(), next.begin(), next.end());
  if (wanted) last_row = 0;
}

void Session::State::head(int first, int count) {
  core::parallel(pace.team(), [&](core::Team team) {
    transformer.logits(first, count, {.ws = &workspace, .team = team, .watch = &watch});
  });
  last_row = count - 1;
}

core::Status Session::feed(std::span<const int> tokens) {
  State& s = *state_;
  if (const core::Status fits = s.check_room(tokens); !fits) return fits.error();
  const auto tile = static_cast<std::size_t>(s.options.tile);
  for (; tokens.size() > tile; tokens = tokens.subspan(tile)) s.step(tokens.first(tile), false);
  s.step(tokens, true);
  return core::Done{};
}

core::Status Session::feed(std::span<const int> tokens, const EachLogits& each) {
  State& s = *state_;
  if (const core::Status fits = s.check_room(tokens); !fits) return fits.error();
  const auto tile = static_cast<std::size_t>(s.options.tile);
  for (int done = 0; !tokens.empty();) {
    const auto now = tokens.first(std::min(tile, tokens.size()));
    const int rows = static_cast<int>(now.size());
    s.step(now, false);
    for (int first = 0; first < rows; first += kLogitRows) {
      const int count = std::min(kLogitRows, rows - first);
      s.head(first, count);
      for (int i = 0; i < count; ++i)
        each(done + first + i, {s.workspace.logits.row(i), logits().size()});
    }
    done += rows;
    tokens = tokens.subspan(now.size());
  }
  return core::Done{};
}

void Session::truncate(int length) {
  assert(length >= 0 && length <= static_cast<int>(state_->tokens.size()));
  state_->cache.truncate(0, length);
  state_->tokens.resize(static_cast<std::size_t>(length));
}

}  // namespace linnet::generate
