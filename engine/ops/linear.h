#pragma once

#include <initializer_list>

#include "engine/core/mat.h"
#include "engine/core/parallel.h"
#include "engine/core/weight.h"

namespace linnet::ops {

// y = W x + b. The numbers belong to the bundle.
struct Linear {
  core::Weight weight;          // [out, in]
  const float* bias = nullptr;  // [out padded to kPanel] or null

  bool reads_int8() const { return core::grouped(weight.dtype); }
};

// What linear layers read: rows [tokens, in], and the same quantised if one of them reads int8.
struct Input {
  core::Mat x;
  core::Rows8 q;
};

// One product of a group that reads the same input.
struct Product {
  core::Mat y;  // [tokens, out]; its stride leaves room for `out` padded to kPanel
  const Linear* linear;
};

// Prepares x for its readers, row-wise; `room` is large enough for x quantised.
Input input(core::Mat x, std::initializer_list<const Linear*> readers, const core::Rows8& room,
            core::Team team);

// Every product of the same input; output panels are shared out over all of them together.
// Meets before and after.
void linear(std::initializer_list<Product> products, const Input& input, core::Team team);

}  // namespace linnet::ops
