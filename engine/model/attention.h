#pragma once

#include "engine/model/step.h"
#include "engine/ops/attention.h"
#include "engine/ops/linear.h"
#include "engine/ops/norm.h"

namespace linnet::model {

// The projections of multi-head attention (Vaswani et al., 2017, section 3.2.2; grouped heads:
// Ainslie et al., 2023).
struct Projections {
  ops::Linear query, key, value, out;
};

// Attention over the positions of the own sequence, whose keys and values are kept.
struct SelfAttention {
  Projections to;
  int layer = 0;        // of the stack
  int cache_layer = 0;  // of the pages
  bool rotary = false, window_rotary = false;
  ops::Norm query_norm, key_norm;  // of each head
  ops::HeadScores scores;

  bool reads_int8() const { return ops::any_reads_int8({&to.query, &to.key, &to.value}); }
  // Stores the keys and values of the rows x [tokens, d_model]. y = attention of the last y.rows of
  // them, all or a multiple of kTile less, over the positions that each sees; where that is not
  // all, the step is one run. y may not be x.
  void operator()(core::Mat y, const ops::Input& x, const Step& step) const;
};

// A decoder's attention over what an encoder made of the source.
struct CrossAttention {
  Projections to;
  int layer = 0;  // of the stack and of the pages
  ops::HeadScores scores;

  // Writes the keys and values of `memory` [source tokens, d_model] into step.memory.
  void remember(core::Mat memory, const Step& step) const;
  bool reads_int8() const { return to.query.reads_int8(); }
  // y = attention of x [tokens, d_model] over step.memory. y may not be x.
  void operator()(core::Mat y, const ops::Input& x, const Step& step) const;
};

}  // namespace linnet::model
