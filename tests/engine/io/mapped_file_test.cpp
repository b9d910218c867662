#include "engine/io/mapped_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "engine/io/file.h"
#include "engine/io/mapping_guard.h"
#include "tests/support/child.h"
#include "tests/support/scratch.h"

namespace linnet::io {
namespace {

using core::Fault;
using support::contents;
using support::Scratch;

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

void check_refused(const std::string& path, Fault fault, const std::string& sentence) {
  for (const Access access : {Access::map, Access::read}) {
    const auto file = MappedFile::open(path, access);
    REQUIRE_FALSE(file);
    CHECK(file.error().fault == fault);
    CHECK(file.error().sentence == sentence);
  }
}

TEST_CASE("A file gives the same bytes, mapped or read") {
  const Scratch scratch;
  std::string bytes(100'000, 'a');
  bytes[70'000] = 'b';
  const std::string path = scratch.write("file", bytes);
  for (const Access access : {Access::map, Access::read}) {
    const auto file = MappedFile::open(path, access);
    REQUIRE(file);
    CHECK(text_of(**file) == bytes);
  }
}

TEST_CASE("After warming, all of a file is in memory") {
  const Scratch scratch;
  const std::string path = scratch.write("file", std::string(3'000'000, 'a'));
  {  // where the file system can, out of memory first
    const core::Result<File> file = File::open(path, O_RDONLY);
    REQUIRE(file);
    CHECK(file->sync());
    ::posix_fadvise(file->descriptor(), 0, 0, POSIX_FADV_DONTNEED);
  }
  const auto file = MappedFile::open(path);
  REQUIRE(file);
  (*file)->warm();
  std::vector<unsigned char> present((*file)->bytes().size() / 4096 + 1);
  void* begin = const_cast<std::byte*>((*file)->bytes().data());
  REQUIRE(::mincore(begin, (*file)->bytes().size(), present.data()) == 0);
  const auto pages = static_cast<std::size_t>(3'000'000 / ::sysconf(_SC_PAGESIZE));
  for (std::size_t page = 0; page < pages; ++page) CHECK((present[page] & 1) == 1);
}

TEST_CASE("What is not a file with something in it is refused with a sentence, without waiting") {
  const Scratch scratch;
  check_refused(scratch.path("none"), Fault::io,
                "cannot open " + scratch.path("none") + ": No such file or directory");
  check_refused(scratch.path(""), Fault::io, scratch.path("") + " is a folder");
  check_refused(scratch.write("empty", ""), Fault::corrupt, scratch.path("empty") + " is empty");
  check_refused("/dev/zero", Fault::io, "/dev/zero is not a regular file");
  REQUIRE(::mkfifo(scratch.path("pipe").c_str(), 0600) == 0);
  check_refused(scratch.path("pipe"), Fault::io, scratch.path("pipe") + " is not a regular file");
}

TEST_CASE("A file that may not be read is refused with the system's reason") {
  const Scratch scratch;
  const std::string path = scratch.write("secret", "secret");
  REQUIRE(::chmod(scratch.path("").c_str(), 0755) == 0);
  REQUIRE(::chmod(path.c_str(), 0) == 0);
  const support::ChildEnd end = support::in_child([&] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return 2;
    const auto file = MappedFile::open(path);
    if (file) return 1;
    std::fputs(file.error().sentence.c_str(), stderr);
    return 0;
  });
  CHECK(end.code == 0);
  CHECK(end.said == "cannot open " + path + ": Permission denied");
}

TEST_CASE("A mapping stays as it was when the path gets another file") {
  const Scratch scratch;
  const std::string path = scratch.write("file", "old contents");
  const auto file = MappedFile::open(path);
  REQUIRE(file);
  REQUIRE(std::rename(scratch.write("new", "new contents").c_str(), path.c_str()) == 0);
  CHECK(text_of(**file) == "old contents");
  CHECK(contents(path) == "new contents");
}

TEST_CASE("A file that is too large for the machine's addresses is refused by size") {
  const Scratch scratch;
  const std::string path = scratch.write("large", "x");
  std::filesystem::resize_file(path, std::uintmax_t{3} << 30);  // a hole: takes no room
  const auto file = MappedFile::open(path);
  if (sizeof(void*) > 4) {
    CHECK(file);
  } else {
    REQUIRE_FALSE(file);
    CHECK(file.error().fault == Fault::limit);
    CHECK(file.error().sentence.find(path + " has 3221225472 bytes") == 0);
  }
}

TEST_CASE("Links lead to the same file, copies do not") {
  const Scratch scratch;
  const std::string path = scratch.write("file", "x"), copy = scratch.write("copy", "x");
  std::filesystem::create_symlink(path, scratch.path("symbolic"));
  std::filesystem::create_hard_link(path, scratch.path("hard"));
  CHECK(same_file(path, path));
  CHECK(same_file(path, scratch.path("symbolic")));
  CHECK(same_file(path, scratch.path("hard")));
  CHECK_FALSE(same_file(path, copy));
  CHECK_FALSE(same_file(path, scratch.path("none")));
  CHECK_FALSE(same_file(scratch.path("none"), scratch.path("none")));
}

// A mapping of 300 000 bytes, of which all but the first 10 are lost.
const volatile char* lost_mapping(const std::string& path) {
  const auto file = File::open(path, O_RDONLY);
  if (!file) ::_exit(1);
  void* begin = ::mmap(nullptr, 300'000, PROT_READ, MAP_PRIVATE, file->descriptor(), 0);
  std::filesystem::resize_file(path, 10);
  return static_cast<const volatile char*>(begin);
}

const volatile void* touched = nullptr;

// Whether a signal handler is told the address that was touched. QEMU 7.2 for 32-bit ARM tells that
// of its own machine.
bool faults_tell_the_address() {
  const Scratch scratch;
  const std::string path = scratch.write("file", std::string(300'000, 'x'));
  const support::ChildEnd end = support::in_child([&] {
    struct sigaction action = {};
    action.sa_flags = SA_SIGINFO;
    action.sa_sigaction = [](int, siginfo_t* info, void*) { ::_exit(info->si_addr == touched); };
    ::sigaction(SIGBUS, &action, nullptr);
    const volatile char* lost = lost_mapping(path) + 299'999;
    touched = lost;
    return *lost == 'x' ? 2 : 3;
  });
  return end.code == 1;
}

// Touches the last page of a file that was cut short while it was in memory.
int touch_lost_page(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (!file) return 1;
  std::filesystem::resize_file(path, 10);
  const volatile std::byte* lost = &(*file)->bytes().back();
  return *lost == std::byte{'x'} ? 2 : 3;
}

TEST_CASE("Under the guard a file that was cut short ends the program with a sentence and code 5") {
  if (!faults_tell_the_address()) {
    MESSAGE("left out: this emulator does not tell which address was touched");
    return;
  }
  const Scratch scratch;
  const std::string path = scratch.write("file", std::string(300'000, 'x'));
  const support::ChildEnd end = support::in_child([&] {
    guard_mappings();
    return touch_lost_page(path);
  });
  CHECK(end.code == 5);
  CHECK(end.said == "error: " + path + " was cut short or could not be read while it was in use\n");
}

TEST_CASE("The guard leaves other bus errors alone") {
  const Scratch scratch;
  const std::string path = scratch.write("file", std::string(300'000, 'x'));
  const support::ChildEnd end = support::in_child([&] {
    guard_mappings();
    const auto ours = MappedFile::open(scratch.write("ours", "x"));
    const auto file = File::open(path, 0);
    if (!ours || !file) return 1;
    const volatile char* foreign =
        static_cast<char*>(::mmap(nullptr, 300'000, PROT_READ, MAP_PRIVATE, file->descriptor(), 0));
    std::filesystem::resize_file(path, 10);
    return foreign[299'999] == 'x' ? 2 : 3;
  });
  CHECK(end.signal == SIGBUS);
  CHECK(end.said.find("was cut short") == std::string::npos);
}

TEST_CASE("More mappings than the guard has places for still work") {
  const Scratch scratch;
  const std::string path = scratch.write("file", "x");
  std::vector<std::shared_ptr<const MappedFile>> files;
  for (int i = 0; i < 100; ++i) {
    const auto file = MappedFile::open(path);
    REQUIRE(file);
    files.push_back(*file);
  }
  CHECK(text_of(*files.back()) == "x");
}

}  // namespace
}  // namespace linnet::io
