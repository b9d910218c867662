#pragma once

#include "engine/model/resample.h"
#include "tools/linnet/pictures/picture.h"

namespace linnet::tools {

// `picture` in width x height pixels (each at least 1), to the byte as Pillow's
// Image.resize((width, height), resample) makes it of a picture of mode RGB: filters are widened
// where it becomes smaller, and each direction rounds to whole values. As Pillow 13 does; versions
// before begin with the width also where the height shrinks by more than twice as many pixels, and
// then differ by 1 here and there. The same bytes on every machine.
Picture resize(const Picture& picture, int width, int height, model::Resample resample);

// width x height pixels (each at least 1) from the middle of `picture`, as center_crop of
// transformers cuts them out; black where the picture is smaller.
Picture crop_center(const Picture& picture, int width, int height);

struct PictureSize {
  int width = 0, height = 0;
};

// The size at which the shorter side of width x height is `shortest_edge` and the other keeps the
// proportion, cut to a whole number: get_resize_output_image_size of transformers with
// default_to_square=False. All at least 1, and below 2^15, so that nothing overflows.
PictureSize resized_size(int width, int height, int shortest_edge);

}  // namespace linnet::tools
