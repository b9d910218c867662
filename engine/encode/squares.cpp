#include "engine/encode/squares.h"

#include <algorithm>
#include <cassert>

namespace linnet::encode {

std::vector<float> cut_squares(std::span<const float> picture, const model::Pictures& pictures,
                               model::Grid grid) {
  const auto patch = static_cast<std::size_t>(pictures.patch),
             channels = static_cast<std::size_t>(pictures.channels),
             rows = static_cast<std::size_t>(grid.rows),
             columns = static_cast<std::size_t>(grid.columns);
  const std::size_t width = columns * patch, height = rows * patch;
  assert(picture.size() == channels * height * width);
  std::vector<float> squares;
  squares.reserve(picture.size());
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column)
      for (std::size_t channel = 0; channel < channels; ++channel)
        for (std::size_t y = 0; y < patch; ++y) {
          const auto from =
              picture.subspan((channel * height + row * patch + y) * width + column * patch, patch);
          squares.insert(squares.end(), from.begin(), from.end());
        }
  return squares;
}

}  // namespace linnet::encode
