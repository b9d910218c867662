#include "engine/io/head.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/core/limits.h"
#include "engine/io/checksum.h"
#include "engine/io/head_reader.h"
#include "engine/io/setting_table.h"
#include "engine/io/tensor_table.h"

namespace linnet::io {
namespace {

using core::Checked;
using core::Result;
using core::Status;

struct Header {
  std::string_view magic;
  std::uint32_t version, reserved;
  std::uint64_t file_bytes, head_bytes;
  std::uint32_t settings, tensors;
};

Header read_header(HeadReader& reader) {
  Header header;
  header.magic = reader.text(std::min<std::int64_t>(std::ssize(kMagic), reader.remaining()));
  header.version = reader.number<std::uint32_t>();
  header.reserved = reader.number<std::uint32_t>();
  header.file_bytes = reader.number<std::uint64_t>();
  header.head_bytes = reader.number<std::uint64_t>();
  header.settings = reader.number<std::uint32_t>();
  header.tensors = reader.number<std::uint32_t>();
  return header;
}

Status check(const Header& header, const HeadReader& reader, std::int64_t file_bytes) {
  if (header.magic.empty() || !kMagic.starts_with(header.magic))
    return reader.corrupt("this is not a Linnet model");
  if (header.version > kVersion)
    return reader.unsupported("the file has format version ", header.version,
                              "; this build reads version ", kVersion);
  if (reader.ended())
    return reader.corrupt("the file ends inside its header, after ", file_bytes, " bytes");
  if (header.version < kVersion)
    return reader.corrupt("there is no format version ", header.version);
  if (header.reserved != 0) return reader.corrupt("reserved bytes of the header are not zero");
  if (!std::cmp_equal(header.file_bytes, file_bytes))
    return reader.corrupt("the file should have ", header.file_bytes, " bytes and has ",
                          file_bytes);
  const Checked head(header.head_bytes);
  if (!head.at_most(file_bytes) || !head.at_most(core::limits::kHeadBytes) ||
      head.value() % kDataAlignment != 0 || head.value() == 0)
    return reader.corrupt("the head cannot have ", header.head_bytes, " bytes");
  return core::Done{};
}

// Only zeros, too few to have been left out, may stand between the tables and the checksum.
Status check_end(HeadReader& reader) {
  const auto rest = reader.bytes(reader.remaining());
  const auto zero = [](std::byte byte) { return byte == std::byte{0}; };
  if (std::ssize(rest) >= kDataAlignment || !std::all_of(rest.begin(), rest.end(), zero))
    return reader.corrupt("the head goes on after its tables");
  return core::Done{};
}

}  // namespace

Result<Head> parse_head(std::span<const std::byte> start, std::int64_t file_bytes,
                        std::string_view file) {
  HeadReader header_reader(start, file);
  const Header header = read_header(header_reader);
  if (const Status sound = check(header, header_reader, file_bytes); !sound) return sound.error();
  const auto head_bytes = static_cast<std::size_t>(header.head_bytes);
  assert(head_bytes <= start.size());

  const auto covered = start.first(head_bytes - kChecksumBytes);
  BoundedReader seal(start.subspan(covered.size()));
  if (seal.number<std::uint64_t>() != checksum(covered))
    return header_reader.corrupt("the checksum of the head is wrong: the file is damaged");

  HeadReader reader(covered, file);
  reader.bytes(kHeaderBytes);
  auto settings = read_settings(reader, header.settings);
  if (!settings) return settings.error();
  auto tensors = read_tensors(reader, header.tensors);
  if (!tensors) return tensors.error();
  if (const Status ended = check_end(reader); !ended) return ended.error();
  const Status laid_out =
      check_layout(reader, *tensors, static_cast<std::int64_t>(head_bytes), file_bytes);
  if (!laid_out) return laid_out.error();
  return Head{std::move(*settings), std::move(*tensors)};
}

}  // namespace linnet::io
