#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "tools/convert/checkpoint/input_file.h"

namespace linnet::convert {

// How a checkpoint stores its numbers. i8 and i16 are integers with a step (the weight is q * step)
// for each row or, i16, for the tensor; i8_groups and i4_groups have a float16 scale for each 32
// inputs, as ours have. `blocks` are quantized in a way that is none of ours. Types that no weight
// of ours is made from are `other`; they may occur in tensors that are ignored.
enum class SourceType { f32, f16, bf16, i8, i16, i8_groups, i4_groups, blocks, other };

inline constexpr int kTensorRank = 4;  // of a tensor in any format, at most

struct SourceTensor {
  std::string name;
  std::vector<std::int64_t> shape;  // outermost first; empty: a single number
  SourceType type = SourceType::f32;
  std::string type_name;    // as the checkpoint spells it
  bool by_columns = false;  // a matrix of which this is the transposed one

  std::int64_t values() const {
    std::int64_t product = 1;
    for (const std::int64_t size : shape) product *= size;
    return product;
  }
};

// "[2, 3]"
std::string shape_text(std::span<const std::int64_t> shape);

// Named tensors in one or several files, read in pieces so that a model need not fit into memory.
class Checkpoint {
 public:
  virtual ~Checkpoint() = default;

  // Sorted by name, names unique, sizes checked against the files.
  const std::vector<SourceTensor>& tensors() const { return tensors_; }
  // -1 if there is none of that name.
  int find(std::string_view name) const;
  // Every file that is read.
  virtual std::vector<const InputFile*> files() const = 0;

  // The numbers [first, first + to.size()) of a tensor in the order of the file. Its type is not
  // `other`. Errors: io.
  virtual core::Status read(int tensor, std::int64_t first, std::span<float> to) const = 0;

  // Of a tensor of type i8: its integers [first, first + to.size()), and the steps of its rows
  // [row, row + to.size()), which are positive and finite. Errors: io.
  virtual core::Status read_integers(int tensor, std::int64_t first,
                                     std::span<std::int8_t> to) const;
  virtual core::Status read_steps(int tensor, std::int64_t row, std::span<float> to) const;

  // Of a tensor of type i8_groups or i4_groups: its integers [first, first + to.size()), in
  // [-128, 127] or [-8, 7], and the scales of those groups, as the file has them. `first` begins a
  // group, and to.size() == 32 * scales.size(). Errors: io.
  virtual core::Status read_groups(int tensor, std::int64_t first, std::span<std::int8_t> to,
                                   std::span<std::uint16_t> scales) const;

  // Whether two names stand for the same bytes of the file.
  virtual bool same_place(int a, int b) const { return a == b; }

 protected:
  std::vector<SourceTensor> tensors_;
};

// Whether two tensors have the same shape and the same numbers. Errors: io.
core::Result<bool> equal_tensors(const Checkpoint& checkpoint, int a, int b);

// Reads to.size() numbers of that type (f32, f16, bf16) from byte `offset` on.
core::Status read_numbers(const InputFile& file, SourceType type, std::int64_t offset,
                          std::span<float> to);

}  // namespace linnet::convert
