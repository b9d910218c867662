#include "tools/linnet/caches.h"

#include <fstream>
#include <map>

#include "engine/core/result.h"
#include "tools/common/first_word.h"
#include "tools/common/numbers.h"

namespace linnet::tools {

std::int64_t last_level_cache(const std::string& root) {
  constexpr int kProcessors = 4096, kCaches = 16;  // more than there are, for a folder without end
  std::int64_t last = 0;
  std::map<std::string, std::int64_t> sizes;  // of level `last`, by the processors that share it
  for (int processor = 0; processor < kProcessors; ++processor) {
    const std::string caches =
        core::say(root, "/sys/devices/system/cpu/cpu", processor, "/cache/index");
    for (int index = 0; index < kCaches; ++index) {
      const std::string cache = core::say(caches, index, "/");
      const auto level = parse_integer(first_word(cache + "level"));
      const auto bytes = parse_size(first_word(cache + "size"));
      if (!level && index > 0) break;
      if (!level || !bytes || *level < last || first_word(cache + "type") == "Instruction")
        continue;
      if (*level > last) sizes.clear();
      last = *level;
      sizes[first_word(cache + "shared_cpu_list")] = *bytes;
    }
    if (!std::ifstream(
            core::say(root, "/sys/devices/system/cpu/cpu", processor, "/cache/index0/level")))
      break;
  }
  std::int64_t total = 0;
  for (const auto& [processors, bytes] : sizes) total += bytes;
  return total;
}

}  // namespace linnet::tools
