#include "engine/model/transformer.h"

#include <cassert>

#include "engine/ops/elementwise.h"
#include "engine/ops/embed.h"
#include "engine/ops/share.h"

namespace linnet::model {

void Transformer::embed(std::span<const int> tokens, const Step& step) const {
  const Stack& s = spec_.decoder;
  const Workspace& ws = *step.ws;
  const int rows = static_cast<int>(tokens.size());
  const core::Mat x = ws.x.top(rows);
  for (const ops::Run& run : step.runs)
    ops::for_own_rows(step.team, rows, [&](int r) {
      if (r >= run.first_row && r < run.first_row + run.rows)
        ws.positions[r] = run.past + r - run.first_row;
    });
  ops::embed(x, token_table_, tokens, step.team);
  if (spec_.embed_scale != 1.0f) ops::scale(x, spec_.embed_scale, step.team);
  step.show("tokens", -1, x);
  if (s.position == Position::learned) {
    const core::Mat learned = ws.branch.top(rows);
    ops::for_own_rows(step.team, rows, [&](int r) {
      ops::unpack_row(learned.row(r), position_table_, s.position_start + ws.positions[r]);
    });
    step.show("positions", -1, learned);
    ops::add(x, learned, step.team);
  }
  if (s.position == Position::rotary)
    ops::fill_rotation(ws.rotation_of(rows), {ws.positions, tokens.size()}, s.rotary.frequencies,
                       s.rotary.magnitude, step.team);
  if (embed_norm_) ops::normalize(x, x, embed_norm_, step.team);
}

void Transformer::forward(std::span<const int> tokens, const Step& step) const {
  assert(static_cast<int>(tokens.size()) <= step.ws->x.rows);
  const core::Mat x = step.ws->x.top(static_cast<int>(tokens.size()));
  embed(tokens, step);
  step.show("embedded", -1, x);
  for (const Block& block : blocks_) block.forward(x, step);
  step.team.meet();
}

void Transformer::logits(int first_row, int rows, const Step& step) const {
  const Workspace& ws = *step.ws;
  assert(rows <= ws.logits.rows);
  const core::Mat normed = ws.normed.top(rows), x = ws.x.slice(first_row, rows);
  const core::Mat y = ws.logits.top(rows);
  core::Mat hidden = x;
  if (final_norm_) {
    ops::normalize(normed, x, final_norm_, step.team);
    hidden = normed;
    step.show("final_norm", -1, normed);
  }
  ops::linear({{y, &head_}}, ops::input(hidden, {&head_}, ws.quantized, step.team), step.team);
  if (spec_.logit_scale != 1.0f) ops::scale(y, spec_.logit_scale, step.team);
  if (spec_.logit_soft_cap > 0.0f) ops::soft_cap(y, spec_.logit_soft_cap, step.team);
  step.team.meet();
}

}  // namespace linnet::model
