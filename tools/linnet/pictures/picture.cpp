#include "tools/linnet/pictures/picture.h"

#include <fcntl.h>

#include "engine/io/file.h"
#include "tools/linnet/pictures/jpeg_check.h"
#include "tools/linnet/pictures/netpbm.h"
#include "tools/linnet/pictures/png_check.h"
#include "tools/linnet/pictures/stb_picture.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;

core::Status check_file_size(std::int64_t bytes, const std::string& name) {
  if (bytes > kPictureBytes)
    return Error{Fault::limit,
                 core::say(name, ": a picture of ", bytes, " bytes; the limit is ", kPictureBytes)};
  return core::Done{};
}

core::Result<Picture> parse_png(std::span<const std::byte> bytes, const std::string& name) {
  const core::Result<PngHead> head = check_png(bytes, name);
  if (!head) return head.error();
  if (head->palette && head->colors < 256)
    return decode_with_stb(with_full_palette(bytes, *head), head->width, head->height, name);
  return decode_with_stb(bytes, head->width, head->height, name);
}

core::Result<Picture> parse_jpeg(std::span<const std::byte> bytes, const std::string& name) {
  const core::Result<JpegHead> head = check_jpeg(bytes, name);
  if (!head) return head.error();
  return decode_with_stb(bytes, head->width, head->height, name);
}

}  // namespace

core::Result<Picture> read_picture(const std::string& path) {
  const core::Result<io::File> file = io::File::open(path, O_RDONLY);
  if (!file) return file.error();
  const core::Result<std::int64_t> size = file->regular_size();
  if (!size) return size.error();
  if (const core::Status fits = check_file_size(*size, path); !fits) return fits.error();
  std::vector<std::byte> bytes(static_cast<std::size_t>(*size));
  if (const core::Status read = file->read(bytes); !read) return read.error();
  return parse_picture(bytes, path);
}

core::Result<Picture> parse_picture(std::span<const std::byte> bytes, const std::string& name) {
  const core::Status fits = check_file_size(static_cast<std::int64_t>(bytes.size()), name);
  if (!fits) return fits.error();
  if (bytes.empty()) return Error{Fault::corrupt, name + ": is empty"};
  if (is_png(bytes)) return parse_png(bytes, name);
  if (is_jpeg(bytes)) return parse_jpeg(bytes, name);
  if (is_netpbm(bytes)) return parse_netpbm(bytes, name);
  return Error{Fault::unsupported,
               name + ": neither a PNG nor a JPEG nor a binary PPM or PGM (P6, P5)"};
}

}  // namespace linnet::tools
