#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tools/convert/checkpoint/checkpoint.h"
#include "tools/convert/checkpoint/file_cursor.h"

// NumPy archives: a zip file of .npy files that are stored as they are (numpy.savez).
namespace linnet::convert {

struct NpzTensor {
  SourceTensor tensor;
  std::int64_t offset;  // of its numbers in the file
  int width;            // bytes of a number; 0 where the type is unknown
};

// What an archive of that many bytes holds, sorted by name. Everything is checked: the list of the
// archive against its files, sizes against shapes and types, and that no two files overlap. Errors
// (corrupt, unsupported, limit, and those of `read`) begin with `file`.
core::Result<std::vector<NpzTensor>> npz_layout(const ReadBytes& read, std::int64_t file_bytes,
                                                const std::string& file);

class Npz : public Checkpoint {
 public:
  static core::Result<std::unique_ptr<Npz>> open(const std::string& path);

  std::vector<const InputFile*> files() const override { return {&file_}; }
  core::Status read(int tensor, std::int64_t first, std::span<float> to) const override;

 private:
  explicit Npz(InputFile file) : file_(std::move(file)) {}

  InputFile file_;
  std::vector<NpzTensor> placed_;  // of tensors()[i]
};

}  // namespace linnet::convert
