#pragma once

#include <span>

#include "engine/core/mat.h"
#include "engine/core/parallel.h"
#include "engine/core/weight.h"

namespace linnet::ops {

// x[r] = table[ids[r]], row-wise. The ids are rows of the table.
void embed(core::Mat x, const core::Weight& table, std::span<const int> ids, core::Team team);

// One row of a packed matrix as floats: y [in].
void unpack_row(float* y, const core::Weight& table, int row);

}  // namespace linnet::ops
