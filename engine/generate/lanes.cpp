#include "engine/generate/lanes.h"

#include <algorithm>
#include <cassert>
#include <new>
#include <vector>

#include "engine/core/crew.h"
#include "engine/generate/lane_sizes.h"

namespace linnet::generate {
namespace {

using core::Checked;
using core::Error;
using core::Fault;
using core::say;
using model::Side;

}  // namespace

struct Lanes::State {
  const model::Transformer& transformer;
  const LanesOptions options;
  model::KvCache own, memory, encoder;
  model::Workspace workspace, encoder_workspace;
  std::vector<float> bias, encoder_bias;
  std::vector<ops::Run> runs, memory_runs;
  std::vector<int> source_tokens;
  std::vector<float> weights;  // of the alignments
  model::Alignment alignment;
  model::Watch watch;
  int last_row = 0;
  core::Crew crew;

  State(const model::Transformer& t, const LanesOptions& o)
      : transformer(t), options(o), crew({.threads = o.threads, .processors = o.processors}) {}

  bool allocate();
  void fill_bias(std::vector<float>& table, Side side, int positions);
  ops::PositionBias bias_of(const std::vector<float>& table, int positions) const {
    return table.empty() ? ops::PositionBias{} : ops::PositionBias{table.data(), positions};
  }
  void encode(int first, std::span<const std::span<const int>> sources);
  void add_run(int lane, int first_row, int rows);
  // The last rows of which the layers' output is wanted, and the logits, at most all of these. For
  // a step: `align` and what is done with each row of logits.
  void forward(std::span<const int> tokens, int wanted, int logit_rows, bool align = false,
               const EachRow& each = {});
  void feed(int lane, std::span<const int> tokens, int wanted, int logit_rows);
  void head(int first, int count);
};

bool Lanes::State::allocate() {
  const Sizes sizes(transformer, options);
  if (!own.allocate(sizes.own()) ||
      !workspace.allocate(transformer.spec(), Side::decoder, sizes.rows(), sizes.logit_rows()))
    return false;
  runs.reserve(static_cast<std::size_t>(sizes.lanes()));
  memory_runs.reserve(static_cast<std::size_t>(sizes.lanes()));
  fill_bias(bias, Side::decoder, options.positions);
  if (!transformer.translates()) return true;
  fill_bias(encoder_bias, Side::encoder, options.source_positions);
  source_tokens.reserve(static_cast<std::size_t>(options.source_rows));
  if (options.alignments) {
    const model::Stack& decoder = transformer.spec().decoder;
    weights.resize(static_cast<std::size_t>(sizes.alignments().value()));
    const int width = 2 * options.source_positions;
    alignment = {{weights.data(), sizes.lanes(), width, width},
                 (decoder.alignment_layer > 0 ? decoder.alignment_layer : decoder.layers) - 1,
                 decoder.alignment_heads > 0 ? decoder.alignment_heads : decoder.heads};
  }
  return memory.allocate(sizes.memory()) && encoder.allocate(sizes.encoder()) &&
         encoder_workspace.allocate(transformer.spec(), Side::encoder, options.source_rows, 0);
}

void Lanes::State::fill_bias(std::vector<float>& table, Side side, int positions) {
  const model::Spec& spec = transformer.spec();
  const Sizes sizes(transformer, options);
  const Checked floats = sizes.bias(side == Side::encoder ? spec.encoder : spec.decoder, positions);
  table.resize(static_cast<std::size_t>(floats.value()));
  if (!table.empty()) transformer.fill_position_bias(side, positions, table.data());
}

core::Result<MemoryNeed> Lanes::needs(const model::Transformer& transformer,
                                      const LanesOptions& options) {
  const LanesOptions o = filled(transformer, options);
  if (const core::Status fine = check(transformer, o); !fine) return fine.error();
  const Sizes sizes(transformer, o);
  const Checked cache = sizes.cache_bytes(), workspace = sizes.workspace_bytes();
  if (!(cache + workspace).fits_memory())
    return Error{Fault::limit, say("a context of ", o.positions,
                                   " needs more memory than this machine can address")};
  return MemoryNeed{.cache = cache.value(), .workspace = workspace.value()};
}

core::Result<Lanes> Lanes::open(const model::Transformer& transformer,
                                const LanesOptions& options) {
  const core::Result<MemoryNeed> need = needs(transformer, options);
  if (!need) return need.error();
  const LanesOptions o = filled(transformer, options);
  try {
    auto state = std::make_unique<State>(transformer, o);
    if (state->allocate()) return Lanes(std::move(state));
  } catch (const std::bad_alloc&) {
  }
  return Error{Fault::limit, say("a context of ", o.positions, " needs ", need->total(),
                                 " bytes of memory, and they cannot be had")};
}

Lanes::Lanes(std::unique_ptr<State> state) : state_(std::move(state)) {}
Lanes::Lanes(Lanes&&) noexcept = default;
Lanes& Lanes::operator=(Lanes&&) noexcept = default;
Lanes::~Lanes() = default;

const LanesOptions& Lanes::options() const { return state_->options; }
const model::Transformer& Lanes::transformer() const { return state_->transformer; }
int Lanes::source_length(int source) const { return state_->memory.length(source); }
int Lanes::length(int lane) const { return state_->own.length(lane); }
void Lanes::start() { state_->crew.start(); }
int Lanes::threads() const { return state_->crew.threads(); }
std::vector<int> Lanes::processors() const { return state_->crew.processors(); }
int Lanes::last_row() const { return state_->last_row; }
void Lanes::truncate(int lane, int length) { state_->own.truncate(lane, length); }
void Lanes::fork(int to, int from) { state_->own.fork(to, from); }
void Lanes::watch(model::Watch watch) { state_->watch = std::move(watch); }
void Lanes::reorder(int first, std::span<const int> parents) {
  state_->own.reorder(first, parents);
}
std::span<float> Lanes::logits(int row) {
  const core::Mat& all = state_->workspace.logits;
  return {all.row(row), static_cast<std::size_t>(all.cols)};
}

std::span<const float> Lanes::alignment(int row) const {
  for (const ops::Run& run : state_->memory_runs)
    if (row < run.first_row + run.rows)
      return {state_->alignment.weights.row(row), static_cast<std::size_t>(run.seen)};
  return {};
}

void Lanes::encode(std::span<const std::span<const int>> sources) {
  State& s = *state_;
  assert(static_cast<int>(sources.size()) <= s.options.sources);
  for (int lane = 0; lane < s.options.sources * s.options.beams; ++lane) s.own.truncate(lane, 0);
  for (int i = 0; i < s.options.sources; ++i) s.memory.truncate(i, 0);
  // As many whole sources at a time as there are rows for.
  for (std::size_t first = 0; first < sources.size();) {
    std::size_t last = first, rows = 0;
    const auto room = static_cast<std::size_t>(s.options.source_rows);
    while (last < sources.size() && rows + sources[last].size() <= room)
      rows += sources[last++].size();
    assert(last > first);
    s.encode(static_cast<int>(first), sources.subspan(first, last - first));
    first = last;
  }
}

void Lanes::State::encode(int first, std::span<const std::span<const int>> sources) {
  source_tokens.clear();
  runs.clear();
  memory_runs.clear();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const int source = first + static_cast<int>(i), rows = static_cast<int>(sources[i].size());
    assert(rows >= 1 && rows <= options.source_positions);
    const int first_row = static_cast<int>(source_tokens.size());
    encoder.extend(source, rows);
    memory.extend(source, rows);
    runs.push_back({first_row, rows, 0, rows, encoder.pages(source)});
    memory_runs.push_back({first_row, rows, 0, rows, memory.pages(source)});
    source_tokens.insert(source_tokens.end(), sources[i].begin(), sources[i].end());
  }
  const auto encode = [&](core::Team team) {
    transformer.encode(source_tokens, {.runs = runs,
                                       .layout = &encoder.shape().layout,
                                       .bias = bias_of(encoder_bias, options.source_positions),
                                       .memory = memory_runs,
                                       .memory_layout = &memory.shape().layout,
                                       .ws = &encoder_workspace,
                                       .team = team,
                                       .watch = &watch});
  };
  crew.run(encode, static_cast<int>(source_tokens.size()));
  for (std::size_t i = 0; i < sources.size(); ++i) encoder.truncate(first + static_cast<int>(i), 0);
}

// The lane's next `rows` positions stand in the rows from first_row on.
void Lanes::State::add_run(int lane, int first_row, int rows) {
  const int past = own.length(lane);
  own.extend(lane, past + rows);
  runs.push_back({first_row, rows, past, 0, own.pages(lane)});
  if (!transformer.translates()) return;
  const int source = lane / options.beams;
  std::byte* const* pages = memory.pages(source);
  // Lanes of one source read its memory together.
  if (!memory_runs.empty() && memory_runs.back().pages == pages)
    memory_runs.back().rows += rows;
  else
    memory_runs.push_back({first_row, rows, 0, memory.length(source), pages});
}

void Lanes::State::forward(std::span<const int> tokens, int wanted, int logit_rows, bool align,
                           const EachRow& each) {
  const int first_logits = static_cast<int>(tokens.size()) - logit_rows;
  const auto compute = [&](core::Team team) {
    const model::Step step{.runs = runs,
                           .layout = &own.shape().layout,
                           .bias = bias_of(bias, options.positions),
                           .memory = memory_runs,
                           .memory_layout = &memory.shape().layout,
                           .ws = &workspace,
                           .team = team,
                           .watch = &watch,
                           .alignment = align ? &alignment : nullptr};
    transformer.forward(tokens, wanted, step);
    if (logit_rows > 0) transformer.logits(first_logits, logit_rows, step);
    if (!each) return;
    const core::Share share = team.share(logit_rows);
    for (int row = share.first; row < share.last; ++row) each(row, team.rank());
  };
  crew.run(compute, static_cast<int>(tokens.size()));
}

void Lanes::State::head(int first, int count) {
  const auto compute = [&](core::Team team) {
    transformer.logits(first, count, {.ws = &workspace, .team = team, .watch = &watch});
  };
  crew.run(compute, count);
  last_row = count - 1;
}

void Lanes::State::feed(int lane, std::span<const int> tokens, int wanted, int logit_rows) {
  runs.clear();
  memory_runs.clear();
  add_run(lane, 0, static_cast<int>(tokens.size()));
  forward(tokens, wanted, logit_rows);
}

void Lanes::feed(int lane, std::span<const int> tokens, bool wanted) {
  State& s = *state_;
  while (!tokens.empty()) {
    const auto now =
        tokens.first(std::min(static_cast<std::size_t>(s.options.tile), tokens.size()));
    tokens = tokens.subspan(now.size());
    const int last = wanted && tokens.empty() ? 1 : 0;
    s.feed(lane, now, last, last);
  }
  if (wanted) s.last_row = 0;
}

void Lanes::feed(int lane, std::span<const int> tokens, const EachLogits& each) {
  const auto tile = static_cast<std::size_t>(state_->options.tile);
  for (int done = 0; !tokens.empty();) {
    const auto now = tokens.first(std::min(tile, tokens.size()));
    const int rows = static_cast<int>(now.size());
    state_->feed(lane, now, rows, 0);
    for (int first = 0; first < rows; first += kLogitRows) {
      const int count = std::min(kLogitRows, rows - first);
      state_->head(first, count);
      for (int i = 0; i < count; ++i) each(done + first + i, logits(i));
    }
    done += rows;
    tokens = tokens.subspan(now.size());
  }
}

void Lanes::step(std::span<const int> lanes, std::span<const int> tokens, const EachRow& each) {
  State& s = *state_;
  const int rows = static_cast<int>(lanes.size());
  s.runs.clear();
  s.memory_runs.clear();
  for (int row = 0; row < rows; ++row) s.add_run(lanes[static_cast<std::size_t>(row)], row, 1);
  s.forward(tokens, rows, rows, s.options.alignments, each);
  s.last_row = rows - 1;
}

}  // namespace linnet::generate
