#include "tools/common/memory.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "tests/support/scratch.h"

namespace linnet::tools {
namespace {

// A /proc and /sys for the test.
struct System {
  support::Scratch scratch;
  std::string root = scratch.path("");

  void file(const std::string& name, const std::string& bytes) const {
    const std::filesystem::path path = scratch.path(name);
    std::filesystem::create_directories(path.parent_path());
    scratch.write(name, bytes);
  }
  MemoryLimits limits() const { return memory_limits(root); }
};

constexpr const char* kMeminfo =
    "MemTotal:        1000 kB\nMemFree: 5 kB\nMemAvailable:     600 kB\n";

TEST_CASE("Without /proc nothing is known of the memory") {
  const System system;
  CHECK_FALSE(system.limits().total);
  CHECK_FALSE(system.limits().available);
}

TEST_CASE("Without control groups the machine's memory counts") {
  const System system;
  system.file("proc/meminfo", kMeminfo);
  CHECK(system.limits().total == 1000 * 1024);
  CHECK(system.limits().available == 600 * 1024);
}

TEST_CASE("The tightest control group above a process counts, less what cannot be dropped of it") {
  const System system;
  system.file("proc/meminfo", kMeminfo);
  system.file("proc/self/cgroup", "0::/a/b\n");
  system.file("sys/fs/cgroup/a/b/memory.max", "max\n");
  system.file("sys/fs/cgroup/a/memory.max", "500000\n");
  system.file("sys/fs/cgroup/a/memory.stat", "anon 120000\nfile 300000\nanon_thp 7\n");
  CHECK(system.limits().total == 500000);
  CHECK(system.limits().available == 380000);
  system.file("sys/fs/cgroup/a/b/memory.max", "90000\n");
  CHECK(system.limits().total == 90000);
  CHECK(system.limits().available == 90000);
  system.file("sys/fs/cgroup/a/b/memory.stat", "anon 100000\n");
  CHECK(system.limits().available == 0);
}

TEST_CASE("Control groups of version 1 count too, and no limit is none") {
  const System system;
  system.file("proc/meminfo", kMeminfo);
  system.file("proc/self/cgroup", "5:cpu,memory:/box\n4:pids:/other\n0::/\n");
  system.file("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK(system.limits().total == 1000 * 1024);
  system.file("sys/fs/cgroup/memory/memory.limit_in_bytes", "700000\n");
  system.file("sys/fs/cgroup/memory/memory.stat", "rss 1\ntotal_rss 200000\n");
  CHECK(system.limits().total == 700000);
  CHECK(system.limits().available == 500000);
}

TEST_CASE("Peak memory is at least what was touched") {
  std::string touched(8 << 20, 'x');
  CHECK(peak_memory() > static_cast<std::int64_t>(touched.size()));
}

}  // namespace
}  // namespace linnet::tools
