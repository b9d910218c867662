#include "tools/linnet/npy.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/core/checked.h"
#include "engine/core/limits.h"
#include "engine/io/file.h"
#include "kernels/pack.h"
#include "tools/common/npy_head.h"
#include "tools/common/output.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

Result<std::vector<std::byte>> whole_file(const std::string& path) {
  const Result<io::File> file = io::File::open(path, O_RDONLY);
  if (!file) return file.error();
  const Result<std::int64_t> size = file->regular_size();
  if (!size) return size.error();
  if (*size > core::limits::kPromptBytes)
    return Error{Fault::limit,
                 say(path, " has ", *size, " bytes; the limit is ", core::limits::kPromptBytes)};
  std::vector<std::byte> bytes(static_cast<std::size_t>(*size));
  if (const core::Status got = file->read(bytes); !got) return got.error();
  return bytes;
}

template <class T>
T number_at(std::span<const std::byte> bytes, std::size_t i) {
  T number{};
  std::memcpy(&number, bytes.data() + i * sizeof number, sizeof number);
  return number;
}

}  // namespace

bool is_npy(const std::string& path) {
  const Result<io::File> file = io::File::open(path, O_RDONLY);
  std::array<std::byte, 6> start{};
  return file && file->regular_size() && file->read(start) && begins_as_npy(start);
}

Result<Npy> read_npy(const std::string& path) {
  const Result<std::vector<std::byte>> bytes = whole_file(path);
  if (!bytes) return bytes.error();
  if (!begins_as_npy(*bytes))
    return Error{Fault::bad_argument, say(path, " is no NumPy file (.npy)")};
  const std::span<const std::byte> all(*bytes);
  const Result<NpyHead> head =
      read_npy_head(all.first(std::min(all.size(), std::size_t{kNpyHeadBytes})));
  if (!head) return Error{head.error().fault, say(path, " ", head.error().sentence)};
  if (head->by_columns && head->shape.size() > 1)
    return Error{Fault::unsupported, say(path, " has its numbers column by column; save it as ",
                                         "numpy.ascontiguousarray makes it")};
  const bool halves = head->type == "<f2", floats = head->type == "<f4";
  if (!halves && !floats && head->type != "<f8")
    return Error{Fault::unsupported, say(path, " has numbers of the type '", head->type,
                                         "'; they must be <f2, <f4 or <f8 (float16, float32, ",
                                         "float64, little-endian)")};
  core::Checked needed(halves ? 2 : floats ? 4 : 8);
  for (const std::int64_t size : head->shape) needed = needed * size;
  const std::span<const std::byte> data = all.subspan(static_cast<std::size_t>(head->bytes));
  if (!needed.valid() || needed.value() != std::ssize(data))
    return Error{Fault::corrupt, say(path, " has ", data.size(), " bytes of numbers, which is ",
                                     "not what its shape needs")};
  Npy npy{head->shape, std::vector<float>(data.size() / (halves ? 2 : floats ? 4 : 8))};
  for (std::size_t i = 0; i < npy.numbers.size(); ++i)
    npy.numbers[i] = halves   ? kernels::from_f16(number_at<std::uint16_t>(data, i))
                     : floats ? number_at<float>(data, i)
                              : static_cast<float>(number_at<double>(data, i));
  return npy;
}

// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
core::Status write_npy(const std::string& path, std::span<const float> numbers, int width) {
  std::string header =
      core::say("{'descr': '<f4', 'fortran_order': False, 'shape': (",
                numbers.size() / static_cast<std::size_t>(width), ", ", width, "), }");
  // What comes before the numbers fills whole units of 64 bytes and ends a line.
  constexpr std::size_t kBefore = 10, kUnit = 64;
  header.resize((kBefore + header.size() + kUnit) / kUnit * kUnit - kBefore, ' ');
  header.back() = '\n';
  Output out(-1, path);
  if (const core::Status opened = out.redirect(path); !opened) return opened;
  out.write(std::string_view("\x93NUMPY\x01\x00", 8));
  const char size[] = {static_cast<char>(header.size() & 0xFF),
                       static_cast<char>(header.size() >> 8)};
  out.write({size, 2});
  out.write(header);
  const auto bytes = std::as_bytes(numbers);
  out.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return out.close();
}

}  // namespace linnet::tools
