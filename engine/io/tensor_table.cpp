#include "engine/io/tensor_table.h"

#include <algorithm>
#include <utility>

#include "engine/core/limits.h"

namespace linnet::io {
namespace {

using core::Dtype;
using core::Result;
using core::Status;

// The fixed part of a line, as it stands in the file.
struct Record {
  std::uint64_t offset, bytes, checksum;
  std::uint32_t out, in;
  std::uint8_t rank, dtype;
  std::uint16_t name_bytes;
  std::uint32_t reserved;
};

Record read_record(HeadReader& reader) {
  Record record;
  record.offset = reader.number<std::uint64_t>();
  record.bytes = reader.number<std::uint64_t>();
  record.checksum = reader.number<std::uint64_t>();
  record.out = reader.number<std::uint32_t>();
  record.in = reader.number<std::uint32_t>();
  record.rank = reader.number<std::uint8_t>();
  record.dtype = reader.number<std::uint8_t>();
  record.name_bytes = reader.number<std::uint16_t>();
  record.reserved = reader.number<std::uint32_t>();
  return record;
}

// Whether that is a type, for a tensor of that name.
Status check_dtype(const HeadReader& reader, std::string_view name, std::uint8_t number) {
  switch (Dtype{number}) {
    case Dtype::f32:
    case Dtype::f16:
    case Dtype::i8:
    case Dtype::i8h:
    case Dtype::i4:
    case Dtype::i4h:
      return core::Done{};
  }
  return reader.unsupported("the tensor '", name, "' has the unknown type ", int{number});
}

Result<TensorEntry> read_tensor(HeadReader& reader, std::uint32_t number) {
  const Record record = read_record(reader);
  const Result<std::string_view> name = reader.name("tensor", number, record.name_bytes);
  if (!name) return name.error();
  const auto wrong = [&](const auto&... parts) {
    return reader.corrupt("the tensor '", *name, "' ", parts...);
  };
  if (record.reserved != 0) return wrong("has reserved bytes that are not zero");
  if (record.rank != kVectorRank && record.rank != kMatrixRank)
    return wrong("has ", int{record.rank}, " dimensions, not 1 or 2");
  if (const Status known = check_dtype(reader, *name, record.dtype); !known) return known.error();
  const auto allowed = [](std::uint32_t n) { return n >= 1 && n <= core::limits::kDimension; };
  if (!allowed(record.out) || !allowed(record.in))
    return wrong("cannot have the shape [", record.out, ", ", record.in, "]");
  TensorEntry entry{.name = *name,
                    .dtype = Dtype{record.dtype},
                    .vector = record.rank == kVectorRank,
                    .out = static_cast<int>(record.out),
                    .in = static_cast<int>(record.in),
                    .checksum = record.checksum};
  if (entry.vector && (entry.out != 1 || entry.dtype != Dtype::f32))
    return wrong("is a vector, but not one row of f32");
  const core::Checked needed = data_bytes(entry);
  if (!needed.valid() || !std::cmp_equal(needed.value(), record.bytes))
    return wrong("of shape [", entry.out, ", ", entry.in, "] cannot have ", record.bytes,
                 " bytes of ", core::name_of(entry.dtype));
  const core::Checked offset(record.offset);
  if (!offset.valid()) return wrong("begins past the end of the file");
  entry.offset = offset.value();
  entry.bytes = needed.value();
  return entry;
}

Status check_unique(const HeadReader& reader, const std::vector<TensorEntry>& tensors) {
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const TensorEntry& tensor : tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) return reader.corrupt("the tensor '", *twice, "' is there twice");
  return core::Done{};
}

}  // namespace

Result<std::vector<TensorEntry>> read_tensors(HeadReader& reader, std::uint32_t count) {
  const Status room = reader.room_for("tensors", count, kTensorRecordBytes + kRecordAlignment,
                                      core::limits::kTensors);
  if (!room) return room.error();
  std::vector<TensorEntry> tensors;
  tensors.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Result<TensorEntry> tensor = read_tensor(reader, i);
    if (!tensor) return tensor.error();
    tensors.push_back(*tensor);
  }
  if (const Status unique = check_unique(reader, tensors); !unique) return unique.error();
  return tensors;
}

Status check_layout(const HeadReader& reader, const std::vector<TensorEntry>& tensors,
                    std::int64_t head_bytes, std::int64_t file_bytes) {
  std::int64_t expected = head_bytes;
  for (const TensorEntry& tensor : tensors) {
    const auto wrong = [&](const auto&... parts) {
      return reader.corrupt("the tensor '", tensor.name, "' ", parts...);
    };
    if (tensor.offset % kDataAlignment != 0)
      return wrong("begins at byte ", tensor.offset, ", not at a multiple of ", kDataAlignment);
    if (tensor.offset < head_bytes) return wrong("begins inside the head");
    if (tensor.offset < expected) return wrong("overlaps the one before it or is out of order");
    const core::Checked end =
        (core::Checked(tensor.offset) + tensor.bytes).rounded_up(kDataAlignment);
    if (!end.at_most(file_bytes)) return wrong("reaches past the end of the file");
    if (tensor.offset > expected) return wrong("leaves a hole before it");
    expected = end.value();
  }
  if (expected != file_bytes)
    return reader.corrupt("the file goes on for ", file_bytes - expected,
                          " bytes after its last tensor");
  return core::Done{};
}

}  // namespace linnet::io
