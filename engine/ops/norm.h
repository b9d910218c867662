#pragma once

#include "engine/core/mat.h"
#include "engine/core/parallel.h"

namespace linnet::ops {

// A norm over the features of each row. The numbers belong to the bundle.
struct Norm {
  bool rms = false;  // root mean square (Zhang and Sennrich, 2019), else layer norm
  float eps = 1e-5f;
  const float* gain = nullptr;  // [features]; null: there is no norm here
  const float* bias = nullptr;  // [features] or null; layer norm only

  explicit operator bool() const { return gain != nullptr; }
};

// y = norm(x), row-wise; y may be x.
void normalize(core::Mat y, core::Mat x, const Norm& norm, core::Team team);
// Each head of each row of x [tokens, heads * d_head] by itself, in place, row-wise. The norm is of
// d_head features.
void normalize_heads(core::Mat x, int d_head, const Norm& norm, core::Team team);

}  // namespace linnet::ops
