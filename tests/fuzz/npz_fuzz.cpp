#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "tools/convert/checkpoint/npz.h"

// Any bytes as a whole NumPy archive. What is accepted must lie inside the file, without overlap,
// and nothing outside it may be asked for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace linnet;
  const auto file_bytes = static_cast<std::int64_t>(size);
  const auto read = [&](std::int64_t offset, std::span<std::byte> to) -> core::Status {
    const auto wanted = static_cast<std::int64_t>(to.size());
    if (offset < 0 || wanted > file_bytes || offset > file_bytes - wanted) std::abort();
    if (!to.empty()) std::memcpy(to.data(), data + offset, to.size());
    return core::Done{};
  };
  const auto layout = convert::npz_layout(read, file_bytes, "fuzz");
  if (!layout) {
    if (layout.error().sentence.find("fuzz") == std::string::npos) std::abort();
    return 0;
  }
  std::int64_t covered = 0;
  for (const convert::NpzTensor& placed : *layout) {
    const std::int64_t values = placed.tensor.values();
    if (values < 1 || placed.width < 0 || placed.width > 8) std::abort();
    if (placed.width == 0) continue;
    const std::int64_t bytes = values * placed.width;
    if (placed.offset < 0 || placed.offset > file_bytes - bytes) std::abort();
    covered += bytes;
  }
  if (covered > file_bytes) std::abort();
  return 0;
}
