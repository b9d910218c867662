#include "tools/linnet/pictures/resize.h"

#include <algorithm>
#include <cassert>

#include "tools/linnet/pictures/resize_filter.h"

namespace linnet::tools {
namespace {

constexpr int kColors = 3;

Picture black(int width, int height) {
  assert(width > 0 && height > 0);
  Picture picture{width, height, {}};
  picture.rgb.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * kColors);
  return picture;
}

std::size_t row_bytes(const Picture& picture) {
  return static_cast<std::size_t>(picture.width) * kColors;
}
const std::uint8_t* row(const Picture& picture, int y) {
  return picture.rgb.data() + static_cast<std::size_t>(y) * row_bytes(picture);
}
std::uint8_t* row(Picture& picture, int y) {
  return picture.rgb.data() + static_cast<std::size_t>(y) * row_bytes(picture);
}

// One new value: the weighted sum of `window.count` old ones, `step` apart, rounded and clipped.
std::uint8_t filtered(const std::uint8_t* from, std::size_t step, const ResizeFilter& filter,
                      const FilterWindow& window) {
  std::int32_t sum = 1 << (kFilterBits - 1);
  const std::int32_t* weights = filter.weights.data() + window.weights;
  for (int i = 0; i < window.count; ++i)
    sum += from[static_cast<std::size_t>(i) * step] * weights[i];
  return static_cast<std::uint8_t>(std::clamp(sum >> kFilterBits, 0, 255));
}

Picture resize_width(Picture picture, int width, model::Resample resample) {
  if (width == picture.width) return picture;
  const ResizeFilter filter = resize_filter(picture.width, width, resample);
  Picture out = black(width, picture.height);
  for (int y = 0; y < out.height; ++y) {
    std::uint8_t* to = row(out, y);
    for (const FilterWindow& window : filter.windows)
      for (int color = 0; color < kColors; ++color)
        *to++ = filtered(row(picture, y) + window.first * kColors + color, kColors, filter, window);
  }
  return out;
}

Picture resize_height(Picture picture, int height, model::Resample resample) {
  if (height == picture.height) return picture;
  const ResizeFilter filter = resize_filter(picture.height, height, resample);
  Picture out = black(picture.width, height);
  const std::size_t step = row_bytes(picture);
  for (int y = 0; y < height; ++y) {
    const FilterWindow& window = filter.windows[static_cast<std::size_t>(y)];
    const std::uint8_t* from = row(picture, window.first);
    std::uint8_t* to = row(out, y);
    for (std::size_t x = 0; x < step; ++x) to[x] = filtered(from + x, step, filter, window);
  }
  return out;
}

// Pillow's choice since its version 13; it shows, because the first direction is rounded.
bool is_height_first(const Picture& picture, int width, int height) {
  return height < picture.height && picture.height - height > 2 * (picture.width - width);
}

// The old place of each new one; Pillow adds up the steps, so that rounding adds up as well.
std::vector<int> nearest_places(int from, int to) {
  const double step = static_cast<double>(from) / to;
  std::vector<int> places;
  double place = step * 0.5;
  for (int i = 0; i < to; ++i, place += step) places.push_back(static_cast<int>(place));
  return places;
}

Picture resize_nearest(const Picture& picture, int width, int height) {
  Picture out = black(width, height);
  const std::vector<int> columns = nearest_places(picture.width, width);
  const std::vector<int> rows = nearest_places(picture.height, height);
  for (int y = 0; y < height; ++y) {
    const int old_y = rows[static_cast<std::size_t>(y)];
    if (old_y >= picture.height) continue;  // rounding went beyond the edge: black, as Pillow's
    std::uint8_t* to = row(out, y);
    for (const int x : columns) {
      if (x < picture.width) std::copy_n(row(picture, old_y) + x * kColors, kColors, to);
      to += kColors;
    }
  }
  return out;
}

}  // namespace

Picture resize(const Picture& picture, int width, int height, model::Resample resample) {
  assert(picture.width > 0 && picture.height > 0);
  if (width == picture.width && height == picture.height) return picture;
  if (resample == model::Resample::nearest) return resize_nearest(picture, width, height);
  if (is_height_first(picture, width, height))
    return resize_width(resize_height(picture, height, resample), width, resample);
  return resize_height(resize_width(picture, width, resample), height, resample);
}

Picture crop_center(const Picture& picture, int width, int height) {
  Picture out = black(width, height);
  // Where the new picture begins in the old one, rounded down; negative, where it is the larger.
  const int left = (picture.width - width) >> 1, top = (picture.height - height) >> 1;
  const int first = std::max(-left, 0), last = std::min(picture.width - left, width);
  for (int y = std::max(-top, 0); y < std::min(picture.height - top, height); ++y)
    std::copy_n(row(picture, top + y) + (left + first) * kColors, (last - first) * kColors,
                row(out, y) + first * kColors);
  return out;
}

PictureSize resized_size(int width, int height, int shortest_edge) {
  const auto [shorter, longer] = std::minmax(width, height);
  // No picture is as large as that, and every int holds it.
  constexpr double kTooLong = 1 << 30;
  const auto other = static_cast<int>(std::min(
      kTooLong, static_cast<double>(shortest_edge) * longer / static_cast<double>(shorter)));
  return width <= height ? PictureSize{shortest_edge, other} : PictureSize{other, shortest_edge};
}

}  // namespace linnet::tools
