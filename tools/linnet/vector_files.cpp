#include "tools/linnet/vector_files.h"

#include <algorithm>
#include <array>

#include "engine/core/limits.h"
#include "engine/encode/squares.h"
#include "tools/linnet/npy.h"
#include "tools/linnet/pictures/picture.h"
#include "tools/linnet/pictures/pixels.h"
#include "tools/linnet/pictures/resize.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using model::Grid;
using model::Pictures;
using model::Resize;

using Numbers = std::vector<float>;

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t size : shape) text += say(text.empty() ? "" : ", ", size);
  return "[" + text + "]";
}

// The size that a picture is brought to before anything is cut off. Other grids than the model's
// own change it in proportion.
PictureSize target_of(const Picture& picture, const Pictures& p, Grid grid) {
  const auto scaled = [](int size, int to, int from) {
    return static_cast<int>(std::max<std::int64_t>(1, std::int64_t{size} * to / from));
  };
  const int height = scaled(p.resize_height, grid.rows * p.patch, p.height);
  if (p.resize == Resize::shortest) return resized_size(picture.width, picture.height, height);
  return {scaled(p.resize_width, grid.columns * p.patch, p.width), height};
}

Result<Numbers> pixels_of(const std::string& path, const Pictures& p, Grid grid) {
  if (p.channels != 3)
    return Error{Fault::bad_argument, say(path, ": the model reads pictures of ", p.channels,
                                          " channels; give such as .npy")};
  Result<Picture> picture = read_picture(path);
  if (!picture) return picture.error();
  const int height = grid.rows * p.patch, width = grid.columns * p.patch;
  if (p.resize != Resize::none) {
    const PictureSize to = target_of(*picture, p, grid);
    if (std::int64_t{to.width} * to.height > kPicturePixels)
      return Error{Fault::limit,
                   say(path, ": a picture of ", picture->width, " x ", picture->height,
                       " pixels would become one of ", to.width, " x ", to.height)};
    *picture = resize(*picture, to.width, to.height, p.resample);
  }
  if (p.crop) *picture = crop_center(*picture, width, height);
  if (picture->width != width || picture->height != height)
    return Error{Fault::bad_argument,
                 say(path, ": a picture of ", picture->width, " x ", picture->height,
                     " pixels; the model reads ", width, " x ", height, " and does not resize")};
  const auto three = [](const Numbers& from) { return std::array{from[0], from[1], from[2]}; };
  return pixels(*picture, p.rescale, three(p.mean), three(p.deviation));
}

Result<Numbers> picture_squares(const std::string& path, const model::Spec& spec, Grid grid,
                                const std::string& model) {
  const Pictures& p = spec.pictures;
  if (!is_npy(path)) {
    const Result<Numbers> picture = pixels_of(path, p, grid);
    if (!picture) return picture.error();
    return encode::cut_squares(*picture, p, grid);
  }
  const Result<Npy> npy = read_npy(path);
  if (!npy) return npy.error();
  const std::vector<std::int64_t> wanted{p.channels, grid.rows * p.patch, grid.columns * p.patch};
  if (npy->shape != wanted)
    return Error{Fault::bad_argument, say(path, " is of shape ", shape_text(npy->shape), ", and ",
                                          model, " reads ", shape_text(wanted))};
  return encode::cut_squares(npy->numbers, p, grid);
}

}  // namespace

Result<Numbers> read_vectors(const std::string& path, const model::Spec& spec, Grid grid,
                             const std::string& model) {
  if (spec.pictures.patch > 0) return picture_squares(path, spec, grid, model);
  Result<Npy> npy = read_npy(path);
  if (!npy) {
    const bool text = npy.error().fault == Fault::bad_argument;
    return text ? Error{Fault::bad_argument,
                        say(npy.error().sentence, ", and ", model, " reads ", vectors_of(spec))}
                : npy.error();
  }
  if (npy->shape.size() != 2 || npy->shape[1] != spec.vectors.width)
    return Error{Fault::bad_argument, say(path, " is of shape ", shape_text(npy->shape), ", and ",
                                          model, " reads ", vectors_of(spec))};
  return std::move(npy->numbers);
}

std::string vectors_of(const model::Spec& spec) {
  const Pictures& p = spec.pictures;
  if (p.patch > 0)
    return say("pictures of ", p.width, " x ", p.height, " pixels, in squares of ", p.patch, " x ",
               p.patch);
  if (spec.vectors.width == 0) return "";
  return say("vectors of ", spec.vectors.width, " numbers, at most ",
             spec.encoder.longest() - (spec.vectors.first ? 1 : 0), " of them");
}

Result<Grid> grid_of(const model::Spec& spec, int side, const std::string& model) {
  const int patch = spec.pictures.patch;
  if (side == 0) return spec.pictures.grid();
  if (patch == 0) return Error{Fault::bad_argument, say("--side: ", model, " reads no pictures")};
  if (side % patch != 0)
    return Error{Fault::bad_argument, say("--side: ", side, " is no multiple of ", patch,
                                          ", the side of the squares that ", model, " reads")};
  const std::int64_t squares = std::int64_t{side / patch} * (side / patch);
  if (squares + (spec.vectors.first ? 1 : 0) > core::limits::kContext)
    return Error{Fault::limit, say("--side: ", side, " makes ", squares, " squares of ", patch,
                                   " x ", patch, " pixels, more than the ", core::limits::kContext,
                                   " positions that there may be")};
  return Grid{side / patch, side / patch};
}

}  // namespace linnet::tools
