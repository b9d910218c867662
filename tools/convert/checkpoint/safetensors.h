#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/convert/checkpoint/checkpoint.h"

// safetensors: eight bytes of little-endian length, a JSON object of that length that names every
// tensor's type, shape and bytes, then the bytes (huggingface.co/docs/safetensors).
namespace linnet::convert {

struct PlacedTensor {
  SourceTensor tensor;
  std::int64_t offset, bytes;  // where in the file
};

// What the head of a file says. `head` is its first min(file_bytes, 8 + header length) bytes; the
// file has `file_bytes` in total. Everything is checked: sizes against shapes and types, and the
// tensors cover the file without gap or overlap. Errors (corrupt, unsupported, limit) begin with
// `file`. Sorted by name.
core::Result<std::vector<PlacedTensor>> safetensors_layout(std::span<const std::byte> head,
                                                           std::int64_t file_bytes,
                                                           const std::string& file);

class Safetensors : public Checkpoint {
 public:
  static core::Result<std::unique_ptr<Safetensors>> open(const std::string& path);

  std::vector<const InputFile*> files() const override { return {&file_}; }
  core::Status read(int tensor, std::int64_t first, std::span<float> to) const override;

 private:
  explicit Safetensors(InputFile file) : file_(std::move(file)) {}

  InputFile file_;
  std::vector<std::int64_t> offsets_;  // of tensors()[i]
};

// A model in several safetensors files, held together by the index that says which file has which
// tensor. `path` is that of the index; the files stand beside it.
class ShardedSafetensors : public Checkpoint {
 public:
  static core::Result<std::unique_ptr<ShardedSafetensors>> open(const std::string& path);

  std::vector<const InputFile*> files() const override;
  core::Status read(int tensor, std::int64_t first, std::span<float> to) const override;

 private:
  struct Place {
    int shard, tensor;
  };
  explicit ShardedSafetensors(InputFile index) : index_(std::move(index)) {}
  core::Status add_shard(const std::string& name, const std::string& path);
  core::Status merge();

  InputFile index_;
  std::vector<std::string> names_;  // of the shards, sorted
  std::vector<std::unique_ptr<Safetensors>> shards_;
  std::vector<Place> places_;  // of tensors()[i]
};

}  // namespace linnet::convert
