#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/tools/convert/files.h"
#include "tests/tools/convert/gguf_file.h"
#include "tests/tools/convert/golden.h"
#include "tools/convert/checkpoint/gguf.h"

namespace linnet::support {

inline core::Result<std::unique_ptr<convert::Gguf>> open_gguf(const std::string& bytes,
                                                              const Scratch& scratch) {
  return convert::Gguf::open(scratch.write("m.gguf", bytes));
}

// All numbers of a tensor.
inline std::vector<float> all_of(const convert::Gguf& file, const char* name) {
  const int found = file.find(name);
  REQUIRE(found >= 0);
  std::vector<float> values(
      static_cast<std::size_t>(file.tensors()[static_cast<std::size_t>(found)].values()));
  REQUIRE(file.read(found, 0, values));
  return values;
}

// Two tensors, the first of which does not fill its alignment.
inline GgufFile small_gguf() {
  GgufFile file;
  file.text("general.architecture", "llama").number("llama.block_count", 2);
  file.tensor("b", {3}, 0, raw_bytes(std::vector<float>{1, -2, 3}));
  file.tensor("a", {2, 1}, 1, raw_bytes(std::vector<std::uint16_t>{0x3c00, 0xc000}));
  return file;
}

}  // namespace linnet::support
