#include "tools/linnet/pictures/pixels.h"

namespace linnet::tools {

std::vector<float> pixels(const Picture& picture, double rescale, const std::array<float, 3>& mean,
                          const std::array<float, 3>& deviation) {
  const std::size_t plane = picture.rgb.size() / 3;
  std::vector<float> planes;
  planes.reserve(picture.rgb.size());
  for (std::size_t color = 0; color < 3; ++color) {
    std::array<float, 256> table;
    for (std::size_t value = 0; value < table.size(); ++value) {
      const auto rescaled = static_cast<float>(static_cast<double>(value) * rescale);
      table[value] = (rescaled - mean[color]) / deviation[color];
    }
    for (std::size_t i = 0; i < plane; ++i) planes.push_back(table[picture.rgb[3 * i + color]]);
  }
  return planes;
}

}  // namespace linnet::tools
