#include "tools/linnet/npy.h"

#include "tools/common/output.h"

namespace linnet::tools {

// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
core::Status write_npy(const std::string& path, std::span<const float> numbers, int width) {
  std::string header =
      core::say("{'descr': '<f4', 'fortran_order': False, 'shape': (",
                numbers.size() / static_cast<std::size_t>(width), ", ", width, "), }");
  // What comes before the numbers fills whole units of 64 bytes and ends a line.
  constexpr std::size_t kBefore = 10, kUnit = 64;
  header.resize((kBefore + header.size() + kUnit) / kUnit * kUnit - kBefore, ' ');
  header.back() = '\n';
  Output out(-1, path);
  if (const core::Status opened = out.redirect(path); !opened) return opened;
  out.write(std::string_view("\x93NUMPY\x01\x00", 8));
  const char size[] = {static_cast<char>(header.size() & 0xFF),
                       static_cast<char>(header.size() >> 8)};
  out.write({size, 2});
  out.write(header);
  const auto bytes = std::as_bytes(numbers);
  out.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return out.close();
}

}  // namespace linnet::tools
