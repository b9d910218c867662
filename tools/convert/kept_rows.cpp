#include "tools/convert/kept_rows.h"

#include <algorithm>
#include <cmath>

#include "tools/convert/row_scales.h"

namespace linnet::convert {

using core::Error;
using core::Fault;
using core::say;
using core::Status;
using kernels::kGroup;
using kernels::QuantizationError;

constexpr std::uint16_t kHalfSign = 0x8000, kHalfExponent = 0x7c00;

KeptRows::KeptRows(const PlannedTensor& tensor, int row, int count)
    : tensor_(tensor),
      row_(tensor.first + row),
      in_(static_cast<std::size_t>(tensor.shape.in)),
      groups_(static_cast<std::size_t>(kernels::groups_of(tensor.shape.in))),
      integers_(static_cast<std::size_t>(count) * in_),
      steps_(static_cast<std::size_t>(count)) {}

Status KeptRows::read(const Checkpoint& checkpoint, const std::string& input) {
  const auto& theirs = checkpoint.tensors()[static_cast<std::size_t>(tensor_.source)];
  const std::string about = say(input, ": the tensor '", theirs.name, "' ");
  const bool by_rows = theirs.type == SourceType::i8;
  if (const Status got = by_rows ? read_steps(checkpoint) : read_groups(checkpoint, about); !got)
    return got;
  if (std::find(integers_.begin(), integers_.end(), -128) == integers_.end()) return core::Done{};
  return Error{
      Fault::unsupported,
      say(about, "holds the integer -128, which int8 weights here do not have (--type f32, ",
          "f16 or int4)")};
}

Status KeptRows::read_steps(const Checkpoint& checkpoint) {
  const std::int64_t first = row_ * static_cast<std::int64_t>(in_);
  if (const Status got = checkpoint.read_integers(tensor_.source, first, integers_); !got)
    return got;
  if (const Status got = checkpoint.read_steps(tensor_.source, row_, steps_); !got) return got;
  for (const float step : steps_)
    scales_.insert(scales_.end(), groups_, encode_scale(tensor_.dtype, step));
  return core::Done{};
}

Status KeptRows::read_groups(const Checkpoint& checkpoint, const std::string& about) {
  scales_.resize(steps_.size() * groups_);
  steps_.clear();
  const std::int64_t first = row_ * static_cast<std::int64_t>(in_);
  if (const Status got = checkpoint.read_groups(tensor_.source, first, integers_, scales_); !got)
    return got;
  for (std::size_t g = 0; g < scales_.size(); ++g) {
    if ((scales_[g] & kHalfExponent) == kHalfExponent)
      return Error{Fault::corrupt, say(about, "has a scale that is NaN or infinite")};
    // Our int8 scales are not negative: the same weights with both signs turned.
    if (core::four_bits(tensor_.dtype) || (scales_[g] & kHalfSign) == 0) continue;
    scales_[g] = static_cast<std::uint16_t>(scales_[g] ^ kHalfSign);
    for (std::size_t i = g * kGroup; i < (g + 1) * kGroup; ++i)
      integers_[i] = static_cast<std::int8_t>(integers_[i] == -128 ? -128 : -integers_[i]);
  }
  return core::Done{};
}

void KeptRows::pack(std::byte* panel, int first, int count, QuantizationError& error) const {
  const auto at = static_cast<std::size_t>(first);
  const auto pack_exact =
      core::four_bits(tensor_.dtype) ? kernels::pack_panel_i4_exact : kernels::pack_panel_i8_exact;
  pack_exact(panel, integers_.data() + at * in_, scales_.data() + at * groups_, count,
             tensor_.shape.in);
  for (std::size_t r = at; r < at + static_cast<std::size_t>(count); ++r) add_moved(error, r);
}

void KeptRows::add_moved(QuantizationError& error, std::size_t row) const {
  for (std::size_t i = 0; i < in_; ++i) {
    const double q = integers_[row * in_ + i];
    const double scale = decode_scale(tensor_.dtype, scales_[row * groups_ + i / kGroup]);
    const double given = q * (steps_.empty() ? scale : double{steps_[row]});
    const double difference = given - q * scale;
    error.squared += difference * difference;
    error.squared_total += given * given;
    error.largest = std::max(error.largest, std::fabs(difference));
  }
}

}  // namespace linnet::convert
