#include "engine/core/processors.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/scratch.h"

namespace {

using namespace linnet::core;
using List = std::vector<int>;

// A /sys and a /proc of our own.
struct Tree {
  linnet::support::Scratch scratch;

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << "\n";
  }
  void processor(int number, const std::string& file, const std::string& text) const {
    write("/sys/devices/system/cpu/cpu" + std::to_string(number) + "/" + file, text);
  }
  std::string root() const { return scratch.path("tree"); }
};

List chosen(const std::string& cores, const List& allowed, const Tree& tree) {
  const Result<List> list = choose_processors(cores, allowed, tree.root());
  REQUIRE_MESSAGE(list, cores);
  return *list;
}

std::string refusal(const std::string& cores, const List& allowed) {
  const Result<List> list = choose_processors(cores, allowed, "/nothing");
  REQUIRE_MESSAGE(!list, cores);
  CHECK(list.error().fault == Fault::bad_argument);
  return list.error().sentence;
}

const List kEight = {0, 1, 2, 3, 4, 5, 6, 7};

TEST_CASE("of four little and four big cores the big ones are chosen, by their capacity") {
  const Tree tree;
  for (const int n : kEight) {
    tree.processor(n, "cpu_capacity", n < 4 ? "530" : "1024");
    tree.processor(n, "cpufreq/cpuinfo_max_freq", "1800000");  // the same for all: not asked
    tree.processor(n, "topology/thread_siblings_list", std::to_string(n));
  }
  CHECK(chosen("auto", kEight, tree) == List{4, 5, 6, 7});
  CHECK(chosen("big", kEight, tree) == List{4, 5, 6, 7});
  CHECK(chosen("all", kEight, tree) == kEight);
  CHECK(chosen("auto", {0, 2, 5}, tree) == List{5});
  CHECK(chosen("auto", {0, 2}, tree) == List{0, 2});  // the best that there is
}

TEST_CASE("the one best core of three classes does not stand alone") {
  const Tree tree;
  for (const int n : kEight)
    tree.processor(n, "cpu_capacity", n < 4 ? "325" : n < 7 ? "871" : "1024");
  CHECK(chosen("auto", kEight, tree) == List{4, 5, 6, 7});
}

TEST_CASE("without capacities the frequencies decide, and of each core one thread is taken") {
  const Tree tree;  // two cores of two threads each, then four slower ones
  for (const int n : kEight) {
    tree.processor(n, "cpufreq/cpuinfo_max_freq",
                   n < 2   ? "5000000"
                   : n < 4 ? "4900000"
                           : "3800000");
    tree.processor(n, "topology/thread_siblings_list",
                   n >= 4       ? std::to_string(n)
                   : n % 2 == 0 ? "0,2"
                                : "1,3");
  }
  CHECK(chosen("auto", kEight, tree) == List{0, 1});
  CHECK(chosen("big", kEight, tree) == List{0, 1, 2, 3});
  CHECK(chosen("auto", {1, 2, 3, 4}, tree) == List{1, 2});
  CHECK(chosen("all", {1, 2, 3, 4}, tree) == List{1, 2, 3, 4});
}

TEST_CASE("two big and six little cores, of which one does not tell, are all taken") {
  const Tree tree;
  for (const int n : kEight)
    if (n != 3) tree.processor(n, "cpu_capacity", n < 2 ? "1024" : "400");
  CHECK(chosen("big", kEight, tree) == kEight);
  CHECK(chosen("big", {0, 1, 2}, tree) == List{0, 1});
}

TEST_CASE("nothing and nonsense in the files mean that all processors are alike") {
  const Tree tree;
  CHECK(chosen("auto", kEight, tree) == kEight);
  for (const char* nonsense : {"", "x", "-5", "0", "99999999999999999999", "10 24"}) {
    for (const int n : kEight) {
      tree.processor(n, "cpu_capacity", nonsense);
      tree.processor(n, "topology/thread_siblings_list", nonsense[0] == '0' ? "9-" : nonsense);
    }
    CHECK(chosen("auto", kEight, tree) == kEight);
  }
  CHECK(chosen("auto", {}, tree).empty());
}

TEST_CASE("a list is taken in order and once, and must lie in what is allowed") {
  const Tree tree;
  CHECK(chosen("0,2-3", kEight, tree) == List{0, 2, 3});
  CHECK(chosen("5,1-2,2", kEight, tree) == List{1, 2, 5});
  CHECK(refusal("0,99", kEight) == "processor 99 is not one that this process may run on (0-7)");
  CHECK(refusal("3", {0, 2, 4, 5, 6}) ==
        "processor 3 is not one that this process may run on (0,2,4-6)");
  for (const char* nonsense : {"", "x", "0,", ",1", "1-", "-1", "3-2", "0 1", "1.5", "0,x", "Auto",
                               "9999", "99999999999", "0-99999999999", "+1"})
    CHECK(refusal(nonsense, kEight) == "'" + std::string(nonsense) +
                                           "' is not auto, big, all or a list of processors such "
                                           "as 0,2-3");
}

TEST_CASE("lists are described as they are written") {
  CHECK(describe_processors(List{}) == "");
  CHECK(describe_processors(List{7}) == "7");
  CHECK(describe_processors(List{0, 1}) == "0,1");
  CHECK(describe_processors(List{0, 2, 3, 4, 9}) == "0,2-4,9");
}

TEST_CASE("the quota is that of the group or of one around it, rounded up") {
  const Tree none;
  CHECK(processor_quota(none.root()) == 0);
  const Tree two;
  two.write("/proc/self/cgroup", "0::/slice/job");
  two.write("/sys/fs/cgroup/slice/job/cpu.max", "max 100000");
  CHECK(processor_quota(two.root()) == 0);
  two.write("/sys/fs/cgroup/slice/cpu.max", "250000 100000");
  CHECK(processor_quota(two.root()) == 3);
  two.write("/sys/fs/cgroup/slice/job/cpu.max", "50000 100000");
  CHECK(processor_quota(two.root()) == 1);
  const Tree one;
  one.write("/proc/self/cgroup", "4:memory:/job\n2:cpu,cpuacct:/job");
  one.write("/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "200000");
  one.write("/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000");
  one.write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
  one.write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
  CHECK(processor_quota(one.root()) == 2);
}

TEST_CASE("a thread is tied to a processor that it may have, and to no other") {
  const List before = allowed_processors();
  REQUIRE(!before.empty());
  for (const int processor : before) {
    CHECK(pin(0, List{processor}));
    CHECK(allowed_processors() == List{processor});
  }
  CHECK(pin(0, before));
  CHECK(allowed_processors() == before);
  CHECK(!pin(0, List{-1}));
  CHECK(!pin(0, List{1 << 20}));
  CHECK(!pin(0, List{}));
  CHECK(allowed_processors() == before);
}

}  // namespace
