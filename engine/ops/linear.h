#pragma once

#include <initializer_list>

#include "engine/core/mat.h"
#include "engine/core/parallel.h"
#include "engine/core/weight.h"
#include "engine/ops/share.h"

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

  // The rows from `first` on, a multiple of kTile.
  Input from(int first) const {
    return {x.slice(first, x.rows - first), q.data != nullptr ? q.from(first) : q};
  }
};

// One product of a group that reads the same input.
struct Product {
  core::Mat y;  // [tokens, out]; its stride leaves room for `out` padded to kPanel
  const Linear* linear;
};

bool any_reads_int8(std::initializer_list<const Linear*> readers);

// x quantised, row-wise, one tile: the rows [first, first + width), where `first` is a multiple of
// kTile.
void quantize_tile(const core::Rows8& q, core::Mat x, int first, int width);

// Prepares x, row-wise: first fill(first, width) for each tile of its rows, then the tile quantised
// if `quantized` says so, while it is at hand. `room` is large enough for x quantised.
template <class Fill>
Input input(core::Mat x, bool quantized, const core::Rows8& room, core::Team team,
            const Fill& fill) {
  Input made{x, {}};
  if (quantized) {
    made.q = room;
    made.q.rows = x.rows;
    made.q.cols = x.cols;
  }
  for_own_tiles(team, x.rows, [&](int first, int width) {
    fill(first, width);
    if (quantized) quantize_tile(made.q, x, first, width);
  });
  return made;
}

// The same for an x that is ready, as its readers want it.
inline Input input(core::Mat x, std::initializer_list<const Linear*> readers,
                   const core::Rows8& room, core::Team team) {
  return input(x, any_reads_int8(readers), room, team, [](int, int) {});
}

// Every product of the same input; output panels are shared out over all of them together.
// Meets before and after.
void linear(std::initializer_list<Product> products, const Input& input, core::Team team);

}  // namespace linnet::ops
