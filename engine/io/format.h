#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "engine/core/checked.h"
#include "engine/core/weight.h"

// The numbers of the file format that FORMAT.md describes.
namespace linnet::io {

static_assert(std::endian::native == std::endian::little,
              "Linnet files are little-endian and used in place: big-endian machines are not "
              "supported");

inline constexpr std::string_view kMagic = "\x89LINNET\n";
inline constexpr std::uint32_t kVersion = 1;

inline constexpr std::int64_t kHeaderBytes = 40;
inline constexpr std::int64_t kChecksumBytes = 8;        // at the end of the head
inline constexpr std::int64_t kSettingRecordBytes = 16;  // before the name
inline constexpr std::int64_t kTensorRecordBytes = 40;   // before the name
inline constexpr std::int64_t kRecordAlignment = 8;      // of records, names and values
inline constexpr std::int64_t kDataAlignment = kernels::kAlignment;

// How many dimensions a tensor has.
inline constexpr std::uint8_t kVectorRank = 1, kMatrixRank = 2;

// One line of the tensor table.
struct TensorEntry {
  std::string_view name;  // a view: the head or the caller keeps it
  core::Dtype dtype = core::Dtype::f32;
  bool vector = false;
  int out = 0, in = 0;
  std::int64_t offset = 0;  // from the beginning of the file
  std::int64_t bytes = 0;
  std::uint64_t checksum = 0;  // of the data
};

// The bytes that the data of such a tensor takes; out and in are at least 1 and at most
// limits::kDimension.
constexpr core::Checked data_bytes(const TensorEntry& tensor) {
  if (tensor.vector) return core::Checked(tensor.in) * 4;
  return core::Checked(kernels::panels_of(tensor.out)) * core::panel_bytes(tensor.dtype, tensor.in);
}

}  // namespace linnet::io
