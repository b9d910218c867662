#pragma once

#include <span>
#include <vector>

#include "engine/model/spec.h"

namespace linnet::encode {

// The squares of a picture [channels, height, width], row by row from its upper left corner:
// [squares, channels * patch * patch], each in the order channel, row, column. The sides of the
// picture are those of the grid times `patch`.
std::vector<float> cut_squares(std::span<const float> picture, const model::Pictures& pictures,
                               model::Grid grid);

}  // namespace linnet::encode
