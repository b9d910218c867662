#include "engine/encode/encoder.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <new>

#include "engine/core/crew.h"
#include "engine/core/limits.h"
#include "engine/core/range.h"
#include "engine/encode/check.h"

namespace linnet::encode {
namespace {

using core::Checked;
using core::Error;
using core::Fault;
using core::say;
using model::Side;

EncoderOptions filled(const model::Spec& spec, EncoderOptions o) {
  if (o.grid == spec.pictures.grid()) o.grid = {};
  if (o.grid.rows > 0 && o.grid.columns > 0)
    o.positions = static_cast<int>(std::min(std::int64_t{o.grid.rows} * o.grid.columns,
                                            core::limits::kContext + 1)) +
                  (spec.vectors.first ? 1 : 0);
  if (o.positions == 0) o.positions = spec.encoder.longest();
  if (o.rows == 0) o.rows = o.positions;
  return o;
}

core::Status check(const model::Spec& spec, const EncoderOptions& o) {
  if (!spec.reads())
    return Error{Fault::bad_argument, "this model writes a text; it is not an encoder alone"};
  const model::Stack& s = spec.encoder;
  const bool grid = o.grid.rows != 0 || o.grid.columns != 0;
  if (grid && (spec.pictures.patch == 0 || s.position != model::Position::learned))
    return Error{Fault::bad_argument, "this model does not read pictures of any size"};
  if (grid && (o.grid.rows < 1 || o.grid.columns < 1))
    return Error{Fault::bad_argument,
                 say("a picture of ", o.grid.rows, " x ", o.grid.columns, " squares")};
  core::Status fine = core::check_range(" positions", o.positions, core::limits::kContext);
  if (fine) fine = core::check_range(" sequences", o.sequences, core::limits::kBatch);
  if (fine) fine = core::check_range(" tokens together", o.rows, core::limits::kContext);
  if (fine) fine = core::check_range(" places", o.words, core::limits::kBatch);
  if (fine) fine = core::check_range(" threads", o.threads, core::limits::kThreads);
  if (fine && s.position == model::Position::learned && !grid && o.positions > s.longest())
    return Error{Fault::limit, say(o.positions, " positions are more than the ", s.longest(),
                                   " that the model has learned")};
  return fine;
}

model::CacheShape pages_of(const model::Transformer& transformer, const EncoderOptions& o) {
  return {.layout = transformer.encoder_layout(o.cache),
          .layers = 1,
          .lanes = o.sequences,
          .positions = o.positions};
}

Checked bias_floats(const model::Spec& spec, const EncoderOptions& o) {
  if (!spec.encoder.biased()) return 0;
  return core::Checked(std::int64_t{2} * o.positions - 1) * spec.encoder.heads;
}

// Of positions in place of the learned ones.
Checked learned_floats(const model::Spec& spec, const EncoderOptions& o) {
  return o.grid.rows > 0 ? Checked(o.positions) * spec.encoder.d_model : Checked(0);
}

void scale_to_length_one(core::Mat x) {
  for (int row = 0; row < x.rows; ++row) {
    double squares = 0;
    for (int i = 0; i < x.cols; ++i) squares += double{x.row(row)[i]} * double{x.row(row)[i]};
    const double length = std::sqrt(squares);
    for (int i = 0; i < x.cols && length > 0; ++i)
      x.row(row)[i] = static_cast<float>(double{x.row(row)[i]} / length);
  }
}

}  // namespace

struct Encoder::State {
  const model::Transformer& transformer;
  const EncoderOptions options;
  model::KvCache pages;
  model::Workspace ws;
  std::vector<float> bias, learned;
  std::vector<ops::Run> runs;
  std::vector<int> tokens, types, places;
  std::vector<core::Mat> vectors;
  core::Crew crew;

  State(const model::Transformer& t, const EncoderOptions& o)
      : transformer(t), options(o), crew({.threads = o.threads, .processors = o.processors}) {}

  bool allocate();
  // The positions that it takes.
  int positions_of(const Sequence& sequence) const {
    const model::Vectors& v = transformer.spec().vectors;
    return v.width > 0 ? sequence.vectors.rows + (v.first ? 1 : 0)
                       : static_cast<int>(sequence.tokens.size());
  }
  core::Mat learned_rows() {
    const int width = transformer.spec().encoder.d_model;
    return {learned.data(), learned.empty() ? 0 : options.positions, width, width};
  }
  int rows() const { return runs.back().first_row + runs.back().rows; }
  void classify_sequences(model::Pooling pooling);
  model::Step step(core::Team team) {
    return {.runs = runs,
            .layout = &pages.shape().layout,
            .bias = bias.empty() ? ops::PositionBias{}
                                 : ops::PositionBias{bias.data(), options.positions},
            .learned = learned_rows(),
            .ws = &ws,
            .team = team};
  }
  // Calls what(step) in all threads.
  template <class What>
  void run(int rows, const What& what) {
    crew.run([&](core::Team team) { what(step(team)); }, rows);
  }
};

bool Encoder::State::allocate() {
  const auto room = static_cast<std::size_t>(options.rows);
  runs.reserve(static_cast<std::size_t>(options.sequences));
  tokens.reserve(room);
  types.reserve(room);
  places.reserve(static_cast<std::size_t>(options.words));
  vectors.reserve(static_cast<std::size_t>(options.sequences));
  const model::Spec& spec = transformer.spec();
  bias.resize(static_cast<std::size_t>(bias_floats(spec, options).value()));
  if (!bias.empty()) transformer.fill_position_bias(Side::encoder, options.positions, bias.data());
  learned.resize(static_cast<std::size_t>(learned_floats(spec, options).value()));
  if (!learned.empty()) transformer.fill_positions(options.grid, learned_rows());
  return pages.allocate(pages_of(transformer, options)) &&
         ws.allocate(spec, Side::encoder, std::max(options.rows, options.words), options.words);
}

core::Result<EncoderNeed> Encoder::needs(const model::Transformer& transformer,
                                         const EncoderOptions& options) {
  const model::Spec& spec = transformer.spec();
  if (!spec.reads()) return check(spec, options).error();
  const EncoderOptions o = filled(spec, options);
  if (const core::Status fine = check(spec, o); !fine) return fine.error();
  const Checked cache = model::KvCache::bytes_needed(pages_of(transformer, o));
  const Checked workspace =
      model::Workspace::bytes_needed(spec, Side::encoder, std::max(o.rows, o.words), o.words) +
      (bias_floats(spec, o) + learned_floats(spec, o)) * std::int64_t{sizeof(float)} +
      Checked(o.sequences) * std::int64_t{sizeof(ops::Run) + sizeof(core::Mat)} +
      (Checked(o.rows) * 2 + o.words) * std::int64_t{sizeof(int)};
  if (!(cache + workspace).fits_memory())
    return Error{Fault::limit,
                 say(o.positions, " positions need more memory than this machine can ", "address")};
  return EncoderNeed{cache.value(), workspace.value()};
}

core::Result<Encoder> Encoder::open(const model::Transformer& transformer,
                                    const EncoderOptions& options) {
  const core::Result<EncoderNeed> need = needs(transformer, options);
  if (!need) return need.error();
  const EncoderOptions o = filled(transformer.spec(), options);
  try {
    auto state = std::make_unique<State>(transformer, o);
    if (state->allocate()) return Encoder(std::move(state));
  } catch (const std::bad_alloc&) {
  }
  return Error{Fault::limit, say(o.positions, " positions need ", need->cache + need->workspace,
                                 " bytes of memory, and they cannot be had")};
}

Encoder::Encoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;
Encoder::~Encoder() = default;

const EncoderOptions& Encoder::options() const { return state_->options; }
const model::Transformer& Encoder::transformer() const { return state_->transformer; }
std::vector<int> Encoder::processors() const { return state_->crew.processors(); }

core::Status Encoder::encode(std::span<const Sequence> sequences) {
  State& s = *state_;
  if (const core::Status fine = check_sequences(s.transformer.spec(), s.options, sequences); !fine)
    return fine;
  s.runs.clear();
  s.tokens.clear();
  s.types.clear();
  s.vectors.clear();
  int first_row = 0;
  for (int i = 0; i < s.options.sequences; ++i) s.pages.truncate(i, 0);
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const Sequence& sequence = sequences[i];
    const int lane = static_cast<int>(i), rows = s.positions_of(sequence);
    s.pages.extend(lane, rows);
    s.runs.push_back({first_row, rows, 0, rows, s.pages.pages(lane)});
    first_row += rows;
    s.vectors.push_back(sequence.vectors);
    s.tokens.insert(s.tokens.end(), sequence.tokens.begin(), sequence.tokens.end());
    if (sequence.types.empty())
      s.types.resize(s.tokens.size(), 0);
    else
      s.types.insert(s.types.end(), sequence.types.begin(), sequence.types.end());
  }
  const bool vectors = s.transformer.spec().vectors.width > 0;
  s.run(s.rows(), [&](const model::Step& step) {
    if (vectors)
      s.transformer.read(s.vectors, step);
    else
      s.transformer.read(s.tokens, s.types, step);
  });
  return core::Done{};
}

core::Mat Encoder::hidden(int sequence) const {
  const ops::Run& run = state_->runs[static_cast<std::size_t>(sequence)];
  return state_->ws.x.slice(run.first_row, run.rows);
}

core::Mat Encoder::pooled(model::Pooling pooling, bool unit_length) {
  State& s = *state_;
  const int count = static_cast<int>(s.runs.size());
  s.run(count, [&](const model::Step& step) { s.transformer.pool(pooling, step); });
  const core::Mat states = s.ws.branch.top(count);
  if (unit_length) scale_to_length_one(states);
  return states;
}

void Encoder::State::classify_sequences(model::Pooling pooling) {
  const int count = static_cast<int>(runs.size());
  run(count, [&](const model::Step& step) {
    transformer.pool(pooling, step);
    transformer.classify(ws.branch.top(count), step);
  });
}

core::Mat Encoder::pooler() {
  state_->classify_sequences(model::Pooling::first);
  return state_->ws.normed.top(static_cast<int>(state_->runs.size()));
}

core::Mat Encoder::classes() {
  state_->classify_sequences(state_->transformer.spec().reading.pooling);
  return state_->ws.classes.top(static_cast<int>(state_->runs.size()));
}

core::Mat Encoder::token_classes() {
  State& s = *state_;
  const int rows = s.rows();
  s.run(rows, [&](const model::Step& step) { s.transformer.classify(s.ws.x.top(rows), step); });
  return s.ws.classes.top(rows);
}

core::Mat Encoder::words(int sequence, std::span<const int> places) {
  State& s = *state_;
  const ops::Run& run = s.runs[static_cast<std::size_t>(sequence)];
  assert(static_cast<int>(places.size()) <= s.options.words);
  s.places.clear();
  for (const int place : places) {
    assert(place >= 0 && place < run.rows);
    s.places.push_back(run.first_row + place);
  }
  const int count = static_cast<int>(places.size());
  s.run(count, [&](const model::Step& step) { s.transformer.words(s.places, step); });
  return s.ws.logits.top(count);
}

}  // namespace linnet::encode
