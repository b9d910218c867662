#include "engine/model/block.h"

namespace linnet::model {

// x + f(norm(x)) before, norm(x + f(x)) after, x + norm'(f(norm(x))) both. Nothing else in the
// engine knows the difference. f reads all rows of x and makes those that are wanted.
template <class Sublayer>
void Block::residual(core::Mat x, int unwanted, const ops::Norm& norm, const ops::Norm& post_norm,
                     const Step& step, const char* name, const Sublayer& sublayer) const {
  const int wanted = x.rows - unwanted;
  const core::Mat branch = step.ws->branch.top(wanted), normed = step.ws->normed.top(x.rows);
  const bool first = place != NormPlace::after && norm;
  const ops::Input in =
      ops::input(first ? normed : x, sublayer.reads_int8(), step.ws->quantized, step.team,
                 [&](int row, int rows) {
                   if (first) ops::normalize(normed.slice(row, rows), x.slice(row, rows), norm, {});
                 });
  if (first) step.show("normed", layer, normed);
  sublayer(branch, in, step);
  x = x.slice(unwanted, wanted);
  step.show(name, layer, branch);
  if (place == NormPlace::both) ops::normalize(branch, branch, post_norm, step.team);
  ops::add(x, branch, step.team);
  if (place == NormPlace::after) ops::normalize(x, x, norm, step.team);
  step.show("residual", layer, x);
}

void Block::side_by_side(core::Mat x, int unwanted, const Step& step) const {
  const int wanted = x.rows - unwanted;
  const Workspace& ws = *step.ws;
  const core::Mat branch = ws.branch.top(wanted);
  core::Mat normed = ws.normed.top(x.rows);
  self(branch,
       ops::input(normed, self.reads_int8(), ws.quantized, step.team,
                  [&](int row, int rows) {
                    ops::normalize(normed.slice(row, rows), x.slice(row, rows), self_norm, {});
                  }),
       step);
  if (wanted == 0) return;
  step.show("self", layer, branch);
  x = x.slice(unwanted, wanted);
  normed = normed.top(wanted);
  // The other branch reads x as it was before the first one was added.
  const ops::Input in =
      ops::input(normed, ffn.reads_int8(), ws.quantized, step.team, [&](int row, int rows) {
        ops::normalize(normed.slice(row, rows), x.slice(row, rows), ffn_norm, {});
        ops::add(x.slice(row, rows), branch.slice(row, rows), {});
      });
  ffn(branch, in, step);
  step.show("ffn", layer, branch);
  ops::add(x, branch, step.team);
  step.show("residual", layer, x);
}

void Block::forward(core::Mat x, int unwanted, const Step& step) const {
  if (parallel) return side_by_side(x, unwanted, step);
  residual(x, unwanted, self_norm, self_post_norm, step, "self", self);
  if (unwanted == x.rows) return;
  x = x.slice(unwanted, x.rows - unwanted);
  if (cross) {
    Step rest = step;
    const ops::Run memory = step.memory[0].last(x.rows);
    if (unwanted > 0) rest.memory = {&memory, 1};
    residual(x, 0, cross_norm, cross_post_norm, rest, "cross", *cross);
  }
  residual(x, 0, ffn_norm, ffn_post_norm, step, "ffn", ffn);
}

}  // namespace linnet::model
