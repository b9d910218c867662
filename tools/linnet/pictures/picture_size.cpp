#include "tools/linnet/pictures/picture_size.h"

#include <algorithm>

#include "tools/linnet/pictures/picture.h"

namespace linnet::tools {

core::Status check_picture_size(std::int64_t width, std::int64_t height, const std::string& name) {
  const std::string size = core::say(name, ": a picture of ", width, " x ", height, " pixels");
  if (width < 1 || height < 1) return core::Error{core::Fault::corrupt, size + " is none"};
  if (std::max(width, height) > kPictureSide)
    return core::Error{core::Fault::limit,
                       core::say(size, "; the limit is ", kPictureSide, " on a side")};
  if (width * height > kPicturePixels)
    return core::Error{core::Fault::limit,
                       core::say(size, "; the limit is ", kPicturePixels, " in all")};
  return core::Done{};
}

}  // namespace linnet::tools
