#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/convert/checkpoint/checkpoint.h"
#include "tools/convert/checkpoint/file_cursor.h"
#include "tools/convert/checkpoint/gguf_types.h"
#include "tools/convert/json.h"

// GGUF (github.com/ggml-org/ggml, docs/gguf.md), versions 2 and 3, little-endian. A text is a u64
// length and the bytes:
//
//   "GGUF", u32 version, u64 tensors, u64 fields
//   each field: text key, u32 type, value. A list is u32 type, u64 length, values
//   each tensor: text name, u32 rank, u64 sizes[rank] (innermost first), u32 type, u64 offset
//   padding to a multiple of `general.alignment` (32), from where the offsets count
//   the tensors, each padded likewise
namespace linnet::convert {

struct GgufTensor {
  SourceTensor tensor;
  const GgufType* type;
  std::int64_t offset, bytes;  // where in the file
};

struct GgufLayout {
  // The fields by the first part of their key: fields["llama"]["block_count"]. Numbers, truth
  // values, texts and lists of them; a list of bytes is binary.
  Json fields;
  std::vector<GgufTensor> tensors;  // sorted by name, unique
};

// What a file of that size says. Every length is checked against what remains of the file before
// anything is allocated, and the tensors must fill the rest of it without holes. Errors (corrupt,
// unsupported, limit, and what `read` says) begin with `file`.
core::Result<GgufLayout> gguf_layout(const ReadBytes& read, std::int64_t file_bytes,
                                     const std::string& file);

class Gguf : public Checkpoint {
 public:
  static core::Result<std::unique_ptr<Gguf>> open(const std::string& path);

  std::vector<const InputFile*> files() const override { return {&file_}; }
  core::Status read(int tensor, std::int64_t first, std::span<float> to) const override;
  core::Status read_groups(int tensor, std::int64_t first, std::span<std::int8_t> to,
                           std::span<std::uint16_t> scales) const override;

  // The field under its key; null if there is none.
  const Json& field(std::string_view section, std::string_view name) const;
  // All of them, for whoever takes them from here.
  Json& fields() { return fields_; }

 private:
  struct Place {
    const GgufType* type;
    std::int64_t offset;
  };
  explicit Gguf(InputFile file) : file_(std::move(file)) {}
  core::Status read_blocks(const Place& place, std::int64_t first, std::int64_t count,
                           std::vector<std::uint8_t>& blocks) const;

  InputFile file_;
  Json fields_;
  std::vector<Place> places_;  // of tensors()[i]
};

}  // namespace linnet::convert
