#include "tools/common/memory.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <string_view>

#include "tools/common/first_word.h"
#include "tools/common/numbers.h"

namespace linnet::tools {
namespace {

// The smaller of what is known.
std::optional<std::int64_t> least(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

// The value of the line "<name> <number> [kB]" of a file; kB are turned into bytes.
std::optional<std::int64_t> line_of(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t begin = line.find_first_not_of(" \t", name.size());
    if (begin == std::string::npos || begin == name.size()) continue;
    const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    const std::optional<std::int64_t> value = parse_integer(line.substr(begin, end - begin));
    if (value && line.ends_with("kB")) return *value * 1024;
    return value;
  }
  return std::nullopt;
}

// The number that a file holds. "max" (version 2) and near 2^63 (version 1) mean: no limit.
std::optional<std::int64_t> number_in(const std::string& path) {
  const std::optional<std::int64_t> value = parse_integer(first_word(path));
  return value && *value < std::int64_t{1} << 60 ? value : std::nullopt;
}

// One group of a hierarchy: its limit, and what of it is left. Pages of files do not count as used,
// for they can be dropped.
void consider(MemoryLimits& limits, const std::string& group, const char* limit_file,
              const char* used_name) {
  const std::optional<std::int64_t> limit = number_in(group + "/" + limit_file);
  if (!limit) return;
  limits.total = least(limits.total, limit);
  const std::int64_t used = line_of(group + "/memory.stat", used_name).value_or(0);
  limits.available = least(limits.available, std::max<std::int64_t>(0, *limit - used));
}

// A group and all those above it.
void consider_all(MemoryLimits& limits, const std::string& mount, std::string group,
                  const char* limit_file, const char* used_name) {
  while (group.ends_with('/')) group.pop_back();
  for (;;) {
    consider(limits, mount + group, limit_file, used_name);
    if (group.empty()) return;
    group.erase(group.rfind('/'));
  }
}

}  // namespace

MemoryLimits memory_limits(const std::string& root) {
  MemoryLimits limits;
  limits.total = line_of(root + "/proc/meminfo", "MemTotal:");
  limits.available = line_of(root + "/proc/meminfo", "MemAvailable:");
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "<number>:<controllers>:/<group>"
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos || line.compare(second + 1, 1, "/") != 0) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty())
      consider_all(limits, root + "/sys/fs/cgroup", group, "memory.max", "anon");
    else if (("," + controllers + ",").find(",memory,") != std::string::npos)
      consider_all(limits, root + "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes",
                   "total_rss");
  }
  return limits;
}

std::int64_t peak_memory() {
  if (const auto peak = line_of("/proc/self/status", "VmHWM:")) return *peak;
  rusage usage = {};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return std::int64_t{usage.ru_maxrss} * 1024;
}

std::int64_t heap_in_use() {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
  const struct mallinfo2 info = mallinfo2();
  return static_cast<std::int64_t>(info.uordblks) + static_cast<std::int64_t>(info.hblkhd);
#else
  return 0;
#endif
}

}  // namespace linnet::tools
