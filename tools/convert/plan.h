#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"
#include "engine/core/weight.h"
#include "engine/model/tensors.h"
#include "tools/convert/source_model.h"

namespace linnet::convert {

// One tensor of ours, and where its numbers are. With `width` = the inner size of theirs:
//   row r of ours is row(r) of theirs, or, transposed, column row(r).
struct PlannedTensor {
  model::TensorShape shape;
  core::Dtype dtype;  // f32 unless the tensor is quantizable
  int source;         // index into the checkpoint's tensors
  bool transposed;
  std::int64_t first, width;
  std::int64_t count, block;  // ours are `count` rows from `first` on in each `block` of theirs
  // The integers are theirs; the scales of groups are too, those of rows are rounded
  // (row_scales.h).
  bool kept = false;
  double scale_change = 0;
  float offset = 0.0f;  // is added to each number of a vector

  std::int64_t row(std::int64_t r) const { return r / count * block + first + r % count; }
};

// How matrices that may be quantized are stored.
struct Types {
  std::optional<core::Dtype> all;  // absent: i4 where the checkpoint has that already, else i8
  std::vector<std::pair<std::string, core::Dtype>> exceptions = {};  // pattern, type

  core::Dtype of(std::string_view tensor, SourceType theirs) const;
};
// Errors: bad_argument, if an exception is not "PATTERN=TYPE".
core::Result<Types> types_of(std::optional<core::Dtype> all,
                             const std::vector<std::string>& exceptions);

// Every tensor that the Spec implies, in the order of that list. Every tensor of the checkpoint
// must be used or known to carry nothing; what is tied (the head, the embedding of the source) may
// be there if it is equal to the embedding. Matrices that have integers of the wanted width already
// keep them: int8 of rows as i8 or i8h, groups as i8h or i4h. Errors name the tensor: corrupt,
// unsupported, io; or bad_argument and the pattern, if an exception is of no matrix.
core::Result<std::vector<PlannedTensor>> plan(const SourceModel& model, const Types& types);

// One sentence about the tensors that were quantized already and are quantized anew; empty if there
// are none.
std::string quantized_anew(const SourceModel& model, std::span<const PlannedTensor> tensors);

}  // namespace linnet::convert
