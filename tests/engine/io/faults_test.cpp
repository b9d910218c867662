#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>

#include "engine/core/bundle_builder.h"
#include "engine/io/mapped_file.h"
#include "engine/io/reader.h"
#include "engine/io/writer.h"
#include "tests/support/child.h"
#include "tests/support/scratch.h"

// Stands before the C library and lets the n-th call of one function fail.
namespace {

struct {
  std::string_view function;
  int calls_left = 0;  // fails when it reaches 0
  int error = 0;
} broken;

bool fails(std::string_view function) {
  if (broken.function != function || --broken.calls_left != 0) return false;
  errno = broken.error;
  return true;
}

}  // namespace

extern "C" ssize_t write(int file, const void* from, size_t size) {
  if (file > STDERR_FILENO && fails("write")) return -1;
  return ::syscall(SYS_write, file, from, size);
}
extern "C" int fsync(int file) {
  return fails("fsync") ? -1 : static_cast<int>(::syscall(SYS_fsync, file));
}
extern "C" int rename(const char* from, const char* to) noexcept {
  if (fails("rename")) return -1;
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

namespace linnet::io {
namespace {

using core::Fault;
using core::Status;
using support::contents;
using support::Scratch;

core::Bundle model(float value) {
  core::BundleBuilder builder;
  builder.add_setting("name", "a model");
  for (const char* name : {"a", "b", "c"})
    builder.add_vector(name, std::vector<float>(100'000, value));
  return builder.build();
}

bool is_error(const Status& status, std::string_view beginning, std::string_view part) {
  if (status) return false;
  const std::string& sentence = status.error().sentence;
  CAPTURE(sentence);
  CHECK(sentence.starts_with(beginning));
  CHECK(sentence.find(part) != std::string::npos);
  return status.error().fault == Fault::io;
}

TEST_CASE("Whichever write, sync or rename fails, the old file or the new one is there whole") {
  const Scratch scratch;
  const std::string path = scratch.path("model");
  REQUIRE(write_model(scratch.path("wanted"), model(2)));
  const std::string wanted = contents(scratch.path("wanted"));
  REQUIRE(write_model(path, model(1)));
  const std::string old = contents(path);
  const auto mapped = MappedFile::open(path);
  int failures = 0;
  const struct {
    std::string function;
    int error;
    const char* reason;
  } faults[] = {{"write", ENOSPC, "No space left on device"},
                {"write", EIO, "Input/output error"},
                {"fsync", EIO, "Input/output error"},
                {"rename", EACCES, "Permission denied"}};
  for (const auto& fault : faults)
    for (int n = 1;; ++n) {
      CAPTURE(fault.function);
      CAPTURE(n);
      REQUIRE(write_model(path, model(1)));
      broken = {fault.function, n, fault.error};
      const Status status = write_model(path, model(2));
      const bool failed = broken.calls_left <= 0;
      broken = {};
      CHECK(scratch.entries() == 2);
      if (!failed) {
        CHECK(status);
        CHECK(contents(path) == wanted);
        break;
      }
      ++failures;
      CHECK(is_error(status, "cannot ", fault.reason));
      // The second sync is that of the folder: the new file is already in place.
      CHECK(contents(path) == (fault.function == "fsync" && n == 2 ? wanted : old));
    }
  CHECK(failures >= 2 * 4 + 2 + 1);
  const auto still = (*mapped)->bytes();
  CHECK(std::string_view(reinterpret_cast<const char*>(still.data()), still.size()) == old);
}

TEST_CASE("A full disk is reported with the path, the reason and the bytes that are needed") {
  const Scratch scratch;
  REQUIRE(write_model(scratch.path("model"), model(1)));
  const auto size = std::filesystem::file_size(scratch.path("model"));
  broken = {"write", 2, ENOSPC};
  const Status status = write_model(scratch.path("model"), model(2));
  broken = {};
  CHECK(is_error(status, "cannot write " + scratch.path("model"),
                 ": No space left on device (" + std::to_string(size) + " bytes are needed)"));
}

TEST_CASE("A write to a full device fails with the system's reason") {
  const auto file = File::open("/dev/full", O_WRONLY);
  REQUIRE(file);
  CHECK(is_error(file->write(std::as_bytes(std::span("abc", 3))), "cannot write /dev/full",
                 "No space left on device"));
}

TEST_CASE("Something that is not a regular file is not replaced") {
  const Scratch scratch;
  CHECK(
      is_error(write_model("/dev/full", model(1)), "cannot write /dev/full", "not a regular file"));
  CHECK(is_error(write_model(scratch.path(""), model(1)), "", "does not name a file"));
  std::filesystem::create_directory(scratch.path("folder"));
  CHECK(is_error(write_model(scratch.path("folder"), model(1)), "cannot write",
                 "not a regular file"));
  CHECK(std::filesystem::exists("/dev/full"));
}

TEST_CASE("A missing folder is reported with the system's reason") {
  const Scratch scratch;
  CHECK(is_error(write_model(scratch.path("none/model"), model(1)),
                 "cannot create " + scratch.path("none/model"), "No such file or directory"));
}

TEST_CASE("A folder that may not be written is reported with the system's reason") {
  const Scratch scratch;
  REQUIRE(::chmod(scratch.path("").c_str(), 0555) == 0);
  const support::ChildEnd end = support::in_child([&] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return 2;
    const Status status = write_model(scratch.path("model"), model(1));
    return is_error(status, "cannot create", "Permission denied") ? 0 : 1;
  });
  CHECK(end.code == 0);
  REQUIRE(::chmod(scratch.path("").c_str(), 0755) == 0);
  CHECK(scratch.entries() == 0);
}

TEST_CASE("A file-size limit is an error with the bytes needed, not the end of the program") {
  const Scratch scratch;
  const std::string path = scratch.write("model", "old");
  const support::ChildEnd end = support::in_child([&] {
    const rlimit limit = {100'000, 100'000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    const Status status = write_model(path, model(1));
    if (status) return 1;
    std::fputs(status.error().sentence.c_str(), stderr);
    return 0;
  });
  CHECK(end.code == 0);
  CHECK(end.said.find("File too large (1200") != std::string::npos);
  CHECK(contents(path) == "old");
  CHECK(scratch.entries() == 1);
}

TEST_CASE("A writer killed at any tensor leaves the old file, and the next one sweeps up") {
  const Scratch scratch;
  const std::string path = scratch.write("model", "old");
  for (int victim = 0; victim < 3; ++victim) {
    const core::Bundle bundle = model(1);
    const std::vector<TensorPlan> plans(3, {"", core::Dtype::f32, 1, 100'000, true});
    const support::ChildEnd end = support::in_child([&] {
      std::vector<TensorPlan> named = plans;
      for (int i = 0; i < 3; ++i) named[static_cast<std::size_t>(i)].name = std::to_string(i);
      const Status status = write_model(path, {}, named, [&](int index, TensorSink& sink) {
        if (index == victim) ::raise(SIGKILL);
        return sink.append({bundle.weights[0].weight.panels, 400'000});
      });
      return status ? 1 : 2;
    });
    CHECK(end.signal == SIGKILL);
    CHECK(contents(path) == "old");
    CHECK(scratch.entries() == 2);
    // What is left does not pass for a model.
    for (const auto& entry : std::filesystem::directory_iterator(scratch.path("")))
      CHECK_FALSE(read_model(entry.path().string()));
    REQUIRE(write_model(scratch.path("other"), model(1)));
    CHECK(scratch.entries() == 3);  // somebody else's leftovers are not ours to remove
    REQUIRE(std::filesystem::remove(scratch.path("other")));
    REQUIRE(write_model(path, model(1)));
    CHECK(scratch.entries() == 1);
    scratch.write("model", "old");
  }
}

TEST_CASE("Unfinished files of living processes and files of similar names are left alone") {
  const Scratch scratch;
  const std::string parent = std::to_string(::getppid());
  for (const std::string& name :
       {"model.linnet-tmp-" + parent, std::string("model.linnet-tmp-"),
        std::string("model.linnet-tmp-12x"), std::string("model.linnet-tmp--1"),
        std::string("my-model.linnet-tmp-999999999")})
    scratch.write(name, "x");
  scratch.write("model.linnet-tmp-999999999", "x");
  scratch.write("model.linnet-tmp-" + std::to_string(::getpid()), "x");
  REQUIRE(write_model(scratch.path("model"), model(1)));
  CHECK(scratch.entries() == 6);
}

TEST_CASE("A symbolic link at the path is replaced and what it leads to is left alone") {
  const Scratch scratch;
  std::filesystem::create_symlink(scratch.write("target", "x"), scratch.path("model"));
  REQUIRE(write_model(scratch.path("model"), model(1)));
  CHECK(contents(scratch.path("target")) == "x");
  CHECK(read_model(scratch.path("model")));
}

}  // namespace
}  // namespace linnet::io
