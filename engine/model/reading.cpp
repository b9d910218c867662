#include <cassert>
#include <cstring>

#include "engine/model/transformer.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/share.h"

// What an encoder alone does.
namespace linnet::model {
namespace {

void copy_row(core::Mat to, int row, core::Mat from, int from_row) {
  std::memcpy(to.row(row), from.row(from_row), static_cast<std::size_t>(to.cols) * sizeof(float));
}

}  // namespace

void Transformer::read(std::span<const int> tokens, std::span<const int> types,
                       const Step& step) const {
  const int rows = static_cast<int>(tokens.size());
  assert(reads() && rows <= step.ws->x.rows && (types.empty() || types.size() == tokens.size()));
  embed(tokens, types, spec_.encoder, encoder_, step);
  run_layers(rows, step);
}

void Transformer::read(std::span<const core::Mat> vectors, const Step& step) const {
  assert(spec_.vectors.width > 0 && vectors.size() == step.runs.size());
  embed(vectors, step);
  run_layers(step.runs.back().first_row + step.runs.back().rows, step);
}

void Transformer::run_layers(int rows, const Step& step) const {
  const core::Mat x = step.ws->x.top(rows);
  for (const Block& block : encoder_.blocks) block.forward(x, 0, step);
  if (encoder_.final_norm) ops::normalize(x, x, encoder_.final_norm, step.team);
  step.show("hidden", -1, x);
  step.team.meet();
}

void Transformer::pool(Pooling pooling, const Step& step) const {
  const core::Mat x = step.ws->x, pooled = step.ws->branch;
  step.team.meet();
  for (int i = step.team.rank(); i < static_cast<int>(step.runs.size()); i += step.team.size()) {
    const ops::Run& run = step.runs[static_cast<std::size_t>(i)];
    const int last = run.first_row + run.rows - 1;
    copy_row(pooled, i, x, pooling == Pooling::last ? last : run.first_row);
    if (pooling != Pooling::mean) continue;
    const core::Mat sum = pooled.slice(i, 1);
    for (int row = run.first_row + 1; row <= last; ++row) ops::add(sum, x.slice(row, 1), {});
    ops::scale(sum, 1.0f / static_cast<float>(run.rows), {});
  }
  step.team.meet();
}

void Transformer::classify(core::Mat states, const Step& step) const {
  const Workspace& ws = *step.ws;
  const ReadingLayers& r = reading_;
  step.team.meet();
  if (spec_.reading.pooler) {
    const core::Mat pooled = ws.normed.top(states.rows);
    ops::linear({{pooled, &r.pooler}}, ops::input(states, {&r.pooler}, ws.quantized, step.team),
                step.team);
    ops::activate(pooled, r.pooler_activation, step.team);
    if (r.pooler_norm) ops::normalize(pooled, pooled, r.pooler_norm, step.team);
    step.show("pooler", -1, pooled);
    states = pooled;
  }
  if (spec_.reading.classes == Classes::none) return;
  const core::Mat scores = ws.classes.top(states.rows);
  ops::linear({{scores, &r.classes}}, ops::input(states, {&r.classes}, ws.quantized, step.team),
              step.team);
}

void Transformer::words(std::span<const int> rows, const Step& step) const {
  const Workspace& ws = *step.ws;
  const ReadingLayers& r = reading_;
  const int count = static_cast<int>(rows.size());
  assert(count <= ws.logits.rows);
  step.team.meet();
  const core::Mat states = ws.branch.top(count), y = ws.logits.top(count);
  ops::for_own_rows(step.team, count,
                    [&](int i) { copy_row(states, i, ws.x, rows[static_cast<std::size_t>(i)]); });
  core::Mat hidden = states;
  if (spec_.reading.transform) {
    hidden = ws.embedded.top(count);
    ops::linear({{hidden, &r.transform}},
                ops::input(states, {&r.transform}, ws.quantized, step.team), step.team);
    ops::activate(hidden, r.transform_activation, step.team);
    ops::normalize(hidden, hidden, r.transform_norm, step.team);
    step.show("transformed", -1, hidden);
  }
  ops::linear({{y, &head_}}, ops::input(hidden, {&head_}, ws.quantized, step.team), step.team);
  if (spec_.logit_scale != 1.0f) ops::scale(y, spec_.logit_scale, step.team);
  if (spec_.logit_soft_cap > 0.0f) ops::soft_cap(y, spec_.logit_soft_cap, step.team);
  step.team.meet();
}

}  // namespace linnet::model
