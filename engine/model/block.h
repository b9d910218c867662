#pragma once

#include <optional>

#include "engine/model/attention.h"
#include "engine/model/feed_forward.h"
#include "engine/model/spec.h"
#include "engine/model/step.h"
#include "engine/ops/norm.h"

namespace linnet::model {

// One layer: residual branches of self attention, of cross attention in a decoder that has an
// encoder beside it, and of the feed-forward network.
struct Block {
  NormPlace place = NormPlace::before;
  bool parallel = false;
  ops::Norm self_norm, self_post_norm;  // the second only for NormPlace::both
  ops::Norm cross_norm, cross_post_norm;
  ops::Norm ffn_norm, ffn_post_norm;
  SelfAttention self;
  std::optional<CrossAttention> cross;
  FeedForward ffn;
  int layer = 0;

  // x [tokens, d_model], updated in place, but for the first `unwanted` rows, all or a multiple of
  // kTile: of these only the keys and values are made. If there are any, the step is one run.
  void forward(core::Mat x, int unwanted, const Step& step) const;

 private:
  // x + self(norm(x)) + ffn(norm'(x))
  void side_by_side(core::Mat x, int unwanted, const Step& step) const;
  template <class Sublayer>
  void residual(core::Mat x, int unwanted, const ops::Norm& norm, const ops::Norm& post_norm,
                const Step& step, const char* name, const Sublayer& sublayer) const;
};

}  // namespace linnet::model
