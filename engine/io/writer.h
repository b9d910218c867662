#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/io/checksum.h"
#include "engine/io/file.h"

namespace linnet::io {

// A tensor that is going to be written: a packed matrix [out, in], or a vector (out == 1, f32).
struct TensorPlan {
  std::string name;
  core::Dtype dtype = core::Dtype::f32;
  int out = 1, in = 1;
  bool vector = false;
};

// Takes the data of one tensor, in any number of pieces.
class TensorSink {
 public:
  explicit TensorSink(const File& file) : file_(file) {}
  // Errors of both: io.
  core::Status append(std::span<const std::byte> data);
  core::Status flush();  // hands to the system what is still held back

  std::int64_t size() const { return size_; }
  std::uint64_t checksum() const { return checksum_.value(); }

 private:
  const File& file_;
  std::vector<std::byte> waiting_;
  RunningChecksum checksum_;
  std::int64_t size_ = 0;
};

// Appends all data of tensors[index], padded panels or plain floats, to the sink. Called once for
// each tensor, in their order; an Error ends the writing and is passed on.
using FillTensor = std::function<core::Status(int index, TensorSink& sink)>;

// Writes a model file (FORMAT.md) that takes the place of `path` all at once or not at all
// (replacement.h). Settings may come in any order, their names are unique, and so are those of the
// tensors. Tensors stand in the file as they come, best in the order of use. No more of them is
// held in memory than what `fill` hands over. An Error of Fault::io names the path, what the system
// says and how many bytes are needed; one of Fault::corrupt, what the format does not allow.
core::Status write_model(const std::string& path, std::span<const core::Setting> settings,
                         std::span<const TensorPlan> tensors, const FillTensor& fill);

// The same for what is in memory already.
core::Status write_model(const std::string& path, const core::Bundle& bundle);

}  // namespace linnet::io
