#pragma once

#include <array>
#include <vector>

#include "tools/linnet/pictures/picture.h"

namespace linnet::tools {

// What a model reads of a picture: [3, height, width], (value * rescale - mean) / deviation for
// each of red, green and blue, to the bit as the image processors of transformers that work with
// Pillow and NumPy (ViTImageProcessorPil): the product in double precision, rounded to float; the
// difference and the quotient in float. (Those that work with torchvision fold the three numbers
// into two and differ in last bits.) No deviation may be 0.
std::vector<float> pixels(const Picture& picture, double rescale, const std::array<float, 3>& mean,
                          const std::array<float, 3>& deviation);

}  // namespace linnet::tools
