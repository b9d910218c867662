#pragma once

#include "engine/model/step.h"
#include "engine/ops/attention.h"
#include "engine/ops/linear.h"

namespace linnet::model {

// Multi-head self attention with a cache of keys and values (Vaswani et al., 2017, section 3.2.2;
// grouped heads: Ainslie et al., 2023).
struct SelfAttention {
  ops::Linear query, key, value, out;
  int layer = 0;  // of the cache
  bool rotary = false;
  ops::HeadScores scores;

  // y = attention of x [tokens, d_model] over all positions up to each row. y may not be x.
  void operator()(core::Mat y, core::Mat x, const Step& step) const;
};

}  // namespace linnet::model
