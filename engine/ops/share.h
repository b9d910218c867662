#pragma once

#include <algorithm>

#include "engine/core/parallel.h"
#include "kernels/layout.h"

// How operations share their work among the threads of a region.
//
// Row-wise operations (norms, sums, activations, quantisation, embeddings, rotation) give each
// thread the same rows, whole tiles of them, so that one can follow another without meeting.
// Operations that read what other threads wrote (linear layers, attention) meet before they read
// and again when they are done.
namespace linnet::ops {

// Calls body(row) for each row that is this thread's.
template <class Body>
void for_own_rows(core::Team team, int rows, const Body& body) {
  const core::Share tiles = team.share((rows + kernels::kTile - 1) / kernels::kTile);
  const int last = std::min(rows, tiles.last * kernels::kTile);
  for (int row = tiles.first * kernels::kTile; row < last; ++row) body(row);
}

// Calls body(first row, width) for each tile of kTile rows that is this thread's.
template <class Body>
void for_own_tiles(core::Team team, int rows, const Body& body) {
  const core::Share tiles = team.share((rows + kernels::kTile - 1) / kernels::kTile);
  for (int tile = tiles.first; tile < tiles.last; ++tile) {
    const int first = tile * kernels::kTile;
    body(first, std::min(kernels::kTile, rows - first));
  }
}

}  // namespace linnet::ops
