#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/convert/checkpoint/checkpoint.h"
#include "tools/convert/checkpoint/file_cursor.h"
#include "tools/convert/json.h"

// model.bin of CTranslate2 (github.com/OpenNMT/CTranslate2,
// python/ctranslate2/specs/model_spec.py). Little-endian; a text is a u16 length that counts its
// final NUL, then the bytes:
//
//   u32 version                                   1 to 6
//   text spec, u32 revision                       from version 2 on
//   u32 n, then n variables:
//     text name, u8 rank, u32 sizes[rank]
//     u8 type, u32 bytes                          from version 4 on: kTypes
//     u8 bytes of an item, u32 items              before: 4 is f32, 2 is i16, 1 is i8
//     the numbers
//   u32 n, then n aliases: text name, text of     from version 3 on
//
// A weight w is stored as the integer q = w * scale in i8 (NAME_scale is f32 for each row) and in
// i16 (NAME_scale is one f32, and 1000 without saying so in version 1). Variables of rank 0 are
// attributes of the network.
namespace linnet::convert {

struct Ctranslate2Variable {
  SourceTensor tensor;
  std::int64_t offset, bytes;  // where in the file; the same for a variable and its aliases
  std::string origin;          // the name of the variable that this is, or is an alias of
};

struct Ctranslate2Layout {
  int version = 0, revision = 1;
  std::string spec;                            // empty in version 1
  std::vector<Ctranslate2Variable> variables;  // sorted by name, unique, attributes among them
};

// What a file of that size says, with names as from revision 2 of the spec on. Every length is
// checked against what remains of the file, and the file must end with the last alias. Errors
// (corrupt, unsupported, limit, and what `read` says) begin with `file`.
core::Result<Ctranslate2Layout> ctranslate2_layout(const ReadBytes& read, std::int64_t file_bytes,
                                                   const std::string& file);

// What revision 2 calls a variable of revision 1, whose names are those of OpenNMT-tf.
std::string name_of_revision_2(std::string name);

class Ctranslate2 : public Checkpoint {
 public:
  static core::Result<std::unique_ptr<Ctranslate2>> open(const std::string& path);

  std::vector<const InputFile*> files() const override { return {&file_}; }
  core::Status read(int tensor, std::int64_t first, std::span<float> to) const override;
  core::Status read_integers(int tensor, std::int64_t first,
                             std::span<std::int8_t> to) const override;
  core::Status read_steps(int tensor, std::int64_t row, std::span<float> to) const override;
  bool same_place(int a, int b) const override {
    return places_[static_cast<std::size_t>(a)].offset ==
           places_[static_cast<std::size_t>(b)].offset;
  }

  // The attributes by name, and `version`, `spec` and `revision` of the file.
  const Json& config() const { return config_; }

 private:
  using Steps = std::shared_ptr<const std::vector<float>>;
  struct Place {
    std::int64_t offset;
    Steps steps;  // of every row (i8), or one (i16); the same for a variable and its aliases
  };
  explicit Ctranslate2(InputFile file) : file_(std::move(file)) {}
  core::Status sort_out(Ctranslate2Layout layout);
  core::Result<std::vector<float>> steps_of(const Ctranslate2Layout& layout,
                                            const Ctranslate2Variable& variable) const;
  core::Status add_attribute(const Ctranslate2Variable& variable);

  InputFile file_;
  Json config_;
  std::vector<Place> places_;  // of tensors()[i]
};

}  // namespace linnet::convert
