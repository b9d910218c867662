#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "tools/convert/checkpoint/ctranslate2.h"

// Any bytes as a whole model.bin of CTranslate2. What is accepted must lie inside the file, and
// nothing outside it may be asked for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file_bytes = static_cast<std::int64_t>(size);
  const auto read = [&](std::int64_t offset, std::span<std::byte> to) -> linnet::core::Status {
    const auto wanted = static_cast<std::int64_t>(to.size());
    if (offset < 0 || wanted > file_bytes || offset > file_bytes - wanted) std::abort();
    if (!to.empty()) std::memcpy(to.data(), data + offset, to.size());
    return linnet::core::Done{};
  };
  const auto layout = linnet::convert::ctranslate2_layout(read, file_bytes, "fuzz");
  if (!layout) {
    if (layout.error().sentence.find("fuzz") == std::string::npos) std::abort();
    return 0;
  }
  for (const linnet::convert::Ctranslate2Variable& variable : layout->variables) {
    if (variable.tensor.values() < 1 || variable.bytes < variable.tensor.values()) std::abort();
    if (variable.offset < 0 || variable.offset > file_bytes - variable.bytes) std::abort();
  }
  return 0;
}
