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

}  // namespace linnet::ops
