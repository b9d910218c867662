#include "engine/model/block.h"

namespace linnet::model {

// x + f(norm(x)) before, norm(x + f(x)) after, x + norm'(f(norm(x))) both. Nothing else in the
// engine knows the difference.
template <class Sublayer>
void Block::residual(core::Mat x, const ops::Norm& norm, const ops::Norm& post_norm,
                     const Step& step, const char* name, const Sublayer& sublayer) const {
  const core::Mat branch = step.ws->branch.top(x.rows), normed = step.ws->normed.top(x.rows);
  const bool first = place != NormPlace::after;
  const ops::Input in =
      ops::input(first ? normed : x, sublayer.reads_int8(), step.ws->quantized, step.team,
                 [&](int row, int rows) {
                   if (first) ops::normalize(normed.slice(row, rows), x.slice(row, rows), norm, {});
                 });
  if (first) step.show("normed", layer, normed);
  sublayer(branch, in, step);
  step.show(name, layer, branch);
  if (place == NormPlace::both) ops::normalize(branch, branch, post_norm, step.team);
  ops::add(x, branch, step.team);
  if (place == NormPlace::after) ops::normalize(x, x, norm, step.team);
  step.show("residual", layer, x);
}

void Block::forward(core::Mat x, const Step& step) const {
  residual(x, self_norm, self_post_norm, step, "self", self);
  if (cross) residual(x, cross_norm, cross_post_norm, step, "cross", *cross);
  residual(x, ffn_norm, ffn_post_norm, step, "ffn", ffn);
}

}  // namespace linnet::model
