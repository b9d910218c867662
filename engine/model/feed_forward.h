#pragma once

#include "engine/model/step.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/linear.h"

namespace linnet::model {

// down(f(up x)), or gated: down(f(gate x) * up x) (Shazeer, 2020).
struct FeedForward {
  ops::Linear gate, up, down;
  ops::Activation activation = ops::Activation::relu;
  bool gated = false;
  int layer = 0;  // for a watcher

  bool reads_int8() const { return up.reads_int8() || (gated && gate.reads_int8()); }
  // y = f(x), both [tokens, d_model]; y may not be x.
  void operator()(core::Mat y, const ops::Input& x, const Step& step) const;
};

}  // namespace linnet::model
