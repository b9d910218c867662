#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tools/convert/checkpoint/checkpoint.h"

// How GGUF stores numbers: in blocks of so many values of a row, one behind the other. The layouts
// are those of ggml (its docs/gguf.md and ggml-common.h describe them).
namespace linnet::convert {

inline constexpr int kLargestGgufBlock = 256;  // values

struct GgufType {
  std::uint32_t number;  // in the file
  std::string_view name;
  SourceType type;
  int values, bytes;  // of a block
  // The values of one block, which has `bytes` bytes. Null for plain numbers.
  void (*decode)(const std::uint8_t* block, float* to);
};

// Null if this reader does not know the type; ggml's name of it, if it has one, is in the next.
const GgufType* find_gguf_type(std::uint32_t number);
std::string_view name_of_other_gguf_type(std::uint32_t number);

// The integers and the float16 scale of a block of Q8_0 or Q4_0: 32 values, each q * scale.
struct GgufGroup {
  std::uint16_t scale;
  std::int8_t integers[32];
};
GgufGroup group_of_q8_0(const std::uint8_t* block);
GgufGroup group_of_q4_0(const std::uint8_t* block);

}  // namespace linnet::convert
