#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "tools/convert/checkpoint/safetensors.h"

// Any bytes as a whole safetensors file, judged by the code that judges files. What is accepted
// must lie inside the file, without overlap.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto file_bytes = static_cast<std::int64_t>(size);
  const auto layout = linnet::convert::safetensors_layout(bytes, file_bytes, "fuzz");
  if (!layout) {
    if (layout.error().sentence.find("fuzz") == std::string::npos) std::abort();
    return 0;
  }
  std::int64_t covered = 0;
  for (const linnet::convert::PlacedTensor& placed : *layout) {
    if (placed.tensor.values() < 1 || placed.bytes < placed.tensor.values()) std::abort();
    if (placed.offset < 8 || placed.offset > file_bytes - placed.bytes) std::abort();
    covered += placed.bytes;
  }
  if (covered > file_bytes) std::abort();
  return 0;
}
