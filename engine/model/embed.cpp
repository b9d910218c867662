#include "engine/ops/embed.h"

#include <cstring>

#include "engine/model/transformer.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/share.h"

// What stands before the layers: how tokens or vectors become the residual stream.
namespace linnet::model {
namespace {

// Calls what(run, r, place) for each row that is this thread's, with the number of its run and its
// place in it.
template <class What>
void for_own_places(const Step& step, int rows, const What& what) {
  for (std::size_t i = 0; i < step.runs.size(); ++i) {
    const ops::Run& run = step.runs[i];
    ops::for_own_rows(step.team, rows, [&](int r) {
      if (r >= run.first_row && r < run.first_row + run.rows) what(i, r, r - run.first_row);
    });
  }
}

}  // namespace

// Which position each row has, and how far it is turned.
void Transformer::number(int rows, const Stack& s, const Step& step) const {
  const Workspace& ws = *step.ws;
  for_own_places(step, rows, [&](std::size_t run, int r, int place) {
    ws.positions[r] = s.position_start + step.runs[run].past + place;
  });
  const std::span<const int> positions(ws.positions, static_cast<std::size_t>(rows));
  if (s.position == Position::rotary)
    ops::fill_rotation(ws.rotation.of(0, rows), positions, s.rotary.frequencies, s.rotary.magnitude,
                       step.team);
  if (!s.window_rotary.frequencies.empty())
    ops::fill_rotation(ws.window_rotation.of(0, rows), positions, s.window_rotary.frequencies,
                       s.window_rotary.magnitude, step.team);
}

void Transformer::add_learned(core::Mat x, const Stack& s, const Layers& layers,
                              const Step& step) const {
  if (s.position != Position::learned) return;
  core::Mat row = step.ws->branch.top(x.rows);
  row.cols = x.cols;
  const std::size_t bytes = static_cast<std::size_t>(x.cols) * sizeof(float);
  ops::for_own_rows(step.team, x.rows, [&](int r) {
    const int position = step.ws->positions[r];
    if (step.learned.rows > 0)
      std::memcpy(row.row(r), step.learned.row(position - s.position_start), bytes);
    else
      ops::unpack_row(row.row(r), layers.positions, position);
  });
  step.show("positions", -1, row);
  ops::add(x, row, step.team);
}

void Transformer::add_sinusoids(core::Mat x, const Stack& s, const Step& step) const {
  if (s.position != Position::sinusoid) return;
  const ops::Rotation rotation = step.ws->rotation.of(0, x.rows);
  const std::span<const int> positions(step.ws->positions, static_cast<std::size_t>(x.rows));
  ops::fill_rotation(rotation, positions, s.sinusoid_frequencies, 1.0f, step.team);
  ops::add_sinusoids(x, rotation.sines, rotation.cosines,
                     s.sinusoid_layout == SinusoidLayout::interleaved, step.team);
}

void Transformer::embed(std::span<const int> tokens, std::span<const int> types, const Stack& s,
                        const Layers& layers, const Step& step) const {
  const Workspace& ws = *step.ws;
  const int rows = static_cast<int>(tokens.size());
  const ops::Linear& project = reading_.project;
  const bool projected = project.weight.out > 0;
  const core::Mat x = (projected ? ws.embedded : ws.x).top(rows);
  number(rows, s, step);
  ops::embed(x, layers.tokens, tokens, step.team);
  if (spec_.embed_scale != 1.0f) ops::scale(x, spec_.embed_scale, step.team);
  step.show("tokens", -1, x);
  add_learned(x, s, layers, step);
  if (spec_.token_types > 0) {
    core::Mat row = ws.branch.top(rows);
    row.cols = x.cols;
    ops::for_own_rows(step.team, rows, [&](int r) {
      ops::unpack_row(row.row(r), reading_.types,
                      types.empty() ? 0 : types[static_cast<std::size_t>(r)]);
    });
    ops::add(x, row, step.team);
  }
  add_sinusoids(x, s, step);
  if (layers.embed_norm) ops::normalize(x, x, layers.embed_norm, step.team);
  step.show("embedded", -1, x);
  if (projected)
    ops::linear({{ws.x.top(rows), &project}}, ops::input(x, {&project}, ws.quantized, step.team),
                step.team);
}

// The row of a learned first vector is computed like the others, from zeros, and then replaced.
void Transformer::embed(std::span<const core::Mat> vectors, const Step& step) const {
  const Workspace& ws = *step.ws;
  const int rows = step.runs.back().first_row + step.runs.back().rows;
  const core::Mat x = ws.x.top(rows), in = spec_.vectors.project ? ws.embedded.top(rows) : x;
  const std::size_t bytes = static_cast<std::size_t>(in.cols) * sizeof(float);
  const int lead = spec_.vectors.first ? 1 : 0;
  number(rows, spec_.encoder, step);
  for_own_places(step, rows, [&](std::size_t run, int r, int place) {
    if (place < lead)
      std::memset(in.row(r), 0, bytes);
    else
      std::memcpy(in.row(r), vectors[run].row(place - lead), bytes);
  });
  const ops::Linear& project = reading_.project;
  if (spec_.vectors.project)
    ops::linear({{x, &project}}, ops::input(in, {&project}, ws.quantized, step.team), step.team);
  if (lead > 0)
    for_own_places(step, rows, [&](std::size_t, int r, int place) {
      if (place == 0)
        std::memcpy(x.row(r), reading_.first, sizeof(float) * static_cast<std::size_t>(x.cols));
    });
  add_learned(x, spec_.encoder, encoder_, step);
  add_sinusoids(x, spec_.encoder, step);
  if (encoder_.embed_norm) ops::normalize(x, x, encoder_.embed_norm, step.team);
  step.show("embedded", -1, x);
}

}  // namespace linnet::model
