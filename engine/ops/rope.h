#pragma once

#include <span>

#include "engine/core/mat.h"
#include "engine/core/parallel.h"

// Rotary position embedding (Su et al., 2021).
namespace linnet::ops {

// The cosines and sines of a step's rows, both [tokens, pairs]; made once and used by every layer.
struct Rotation {
  core::Mat cosines, sines;
  bool interleaved = false;

  // Those of some rows.
  Rotation of(int first, int rows) const {
    return {cosines.slice(first, rows), sines.slice(first, rows), interleaved};
  }
};

// Fills row r for position positions[r]: cosines = magnitude * cos(position * frequency), row-wise.
void fill_rotation(const Rotation& rotation, std::span<const int> positions,
                   std::span<const float> frequencies, float magnitude, core::Team team);

// Turns each head of each row of x [tokens, heads * d_head], row-wise.
void rotate(core::Mat x, int d_head, const Rotation& rotation, core::Team team);

}  // namespace linnet::ops
