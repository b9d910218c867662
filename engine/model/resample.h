#pragma once

namespace linnet::model {

// How a picture becomes larger or smaller, as Pillow names it.
enum class Resample { nearest, bilinear, bicubic, lanczos };

}  // namespace linnet::model
