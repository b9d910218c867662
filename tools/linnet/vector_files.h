#pragma once

#include <string>
#include <vector>

#include "engine/core/result.h"
#include "engine/model/spec.h"

// Files as a model that reads vectors wants them.
namespace linnet::tools {

// The vectors in a file [., Spec::vectors.width]: a NumPy file of that shape, or, where the model
// reads pictures, a picture (tools/linnet/pictures/picture.h) that is brought to the size of
// `grid`, or a NumPy file [channels, height, width] that has it and is used as it is. `model` is
// what sentences call the model. Errors name the file: those of read_npy and read_picture;
// bad_argument for another shape; limit for a picture that would become too large.
core::Result<std::vector<float>> read_vectors(const std::string& path, const model::Spec& spec,
                                              model::Grid grid, const std::string& model);

// "vectors of 40 numbers, at most 98 of them", "pictures of 224 x 224 pixels": what such a model
// reads; empty for others.
std::string vectors_of(const model::Spec& spec);

// The squares of pictures whose sides have so many pixels; 0: the model's own. Errors:
// bad_argument, if the model reads no pictures or `side` is no multiple of its squares.
core::Result<model::Grid> grid_of(const model::Spec& spec, int side, const std::string& model);

}  // namespace linnet::tools
