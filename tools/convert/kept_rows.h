#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/result.h"
#include "kernels/pack.h"
#include "tools/convert/plan.h"

namespace linnet::convert {

// Rows whose integers are kept, and how far the scales that they get move them: those of a row are
// rounded and repeated for its groups (row_scales.h), those of groups stay as they are.
class KeptRows {
 public:
  // Rows [row, row + count) of the tensor, which outlives this and is `kept`.
  KeptRows(const PlannedTensor& tensor, int row, int count);

  // Errors begin with `input`: unsupported for the integer -128, which our int8 has not; corrupt
  // for scales that are no numbers; io.
  core::Status read(const Checkpoint& checkpoint, const std::string& input);

  // Fills the panel of rows [first, first + count) of these.
  void pack(std::byte* panel, int first, int count, kernels::QuantizationError& error) const;

 private:
  core::Status read_steps(const Checkpoint& checkpoint);
  core::Status read_groups(const Checkpoint& checkpoint, const std::string& about);
  void add_moved(kernels::QuantizationError& error, std::size_t row) const;

  const PlannedTensor& tensor_;
  std::int64_t row_;
  std::size_t in_, groups_;
  std::vector<std::int8_t> integers_;  // [count][in]
  std::vector<float> steps_;           // [count], of rows; none if the scales are those of groups
  std::vector<std::uint16_t> scales_;  // [count][groups]
};

}  // namespace linnet::convert
