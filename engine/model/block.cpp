#include "engine/model/block.h"

namespace linnet::model {

// x + f(norm(x)) before, norm(x + f(x)) after, x + norm'(f(norm(x))) both. Nothing else in the
// engine knows the difference.
template <class Sublayer>
void Block::residual(core::Mat x, const ops::Norm& norm, const ops::Norm& post_norm,
                     const Step& step, const char* name, const Sublayer& sublayer) const {
  const core::Mat branch = step.ws->branch.top(x.rows), normed = step.ws->normed.top(x.rows);
  if (place == NormPlace::after) {
    sublayer(branch, x, step);
  } else {
    ops::normalize(normed, x, norm, step.team);
    step.show("normed", layer, normed);
    sublayer(branch, normed, step);
  }
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
