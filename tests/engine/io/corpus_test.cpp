#include "tests/support/corpus.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>

#include "engine/io/reader.h"
#include "engine/io/verify.h"
#include "tests/support/corpus_head.h"
#include "tests/support/corpus_tensors.h"
#include "tests/support/cpu_time.h"
#include "tests/support/scratch.h"

namespace {
std::atomic<std::size_t> allocated{0};
}

// Counts what the whole program takes from the heap.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocated += size;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace linnet::io {
namespace {

using core::Fault;
using support::HostileFile;

core::Status opened(const support::Aligned& memory) {
  const auto bundle = read_model(memory.bytes(), "model.linnet");
  if (!bundle) return bundle.error();
  return verify(*bundle, "model.linnet");
}

void check_refused(const HostileFile& file) {
  CAPTURE(file.name);
  const support::Aligned memory(file.bytes);
  const std::size_t allocated_before = allocated;
  const double before = support::cpu_seconds();
  const core::Status status = opened(memory);
  CHECK(support::cpu_seconds() - before < support::kOpeningSeconds);
  CHECK(allocated - allocated_before < (1 << 16) + 4 * file.bytes.size());
  REQUIRE_FALSE(status);
  CHECK(status.error().fault == file.fault);
  CAPTURE(status.error().sentence);
  CHECK(status.error().sentence.starts_with("model.linnet: "));
  CHECK(status.error().sentence.find(file.fragment) != std::string::npos);
}

TEST_CASE("The file to which lies are told is valid, values and all") {
  const support::Aligned memory(support::small_file().bytes());
  const auto bundle = read_model(memory.bytes(), "small");
  REQUIRE_MESSAGE(bundle, bundle.error().sentence);
  CHECK(verify(*bundle, "small"));
}

TEST_CASE("The fuzzer begins with the small file") {
  // If the format or small_file() changes, write its bytes there again.
  const std::string seed = LINNET_SOURCE_DIR "/tests/fuzz/seeds/weight_file/small";
  CHECK(support::contents(seed) == support::small_file().bytes());
}

TEST_CASE("A file that begins or ends wrongly is refused with the right sentence") {
  for (const HostileFile& file : support::hostile_beginnings(support::small_file()))
    check_refused(file);
}

TEST_CASE("A file cut at any byte is refused, wherever that is") {
  const std::string whole = support::small_file().bytes();
  const auto sentence = [](std::size_t n) {
    if (n == 0) return "this is not a Linnet model";
    return n < 40 ? "ends inside its header" : "should have";
  };
  for (std::size_t n = 0; n < whole.size(); ++n)
    check_refused({"cut after " + std::to_string(n) + " bytes", whole.substr(0, n), Fault::corrupt,
                   sentence(n)});
}

TEST_CASE("A head cut at any byte is refused, even with lengths and a checksum to match") {
  const std::string whole = support::small_file().bytes();
  std::uint64_t head_size;
  std::memcpy(&head_size, whole.data() + 24, 8);
  for (std::size_t n = 40; n < head_size - 8; ++n) {
    CAPTURE(n);
    const support::Aligned memory(support::resealed(whole.substr(0, n)));
    const core::Status status = opened(memory);
    REQUIRE_FALSE(status);
    CHECK(status.error().fault == Fault::corrupt);
  }
}

TEST_CASE("A lie in the header is refused with the right sentence") {
  for (const auto& file : support::hostile_files(support::small_file(), support::kHeadCases))
    check_refused(file);
}

TEST_CASE("A lie in the settings is refused with the right sentence") {
  for (const auto& file : support::hostile_files(support::small_file(), support::kSettingCases))
    check_refused(file);
}

TEST_CASE("A lie in the tensor table is refused with the right sentence") {
  for (const auto& file : support::hostile_files(support::small_file(), support::kTensorCases))
    check_refused(file);
  for (const auto& file : support::hostile_files(support::int4_file(), support::kInt4Cases))
    check_refused(file);
}

TEST_CASE("Bad values open, for opening does not read them, and are found by verifying") {
  CHECK(opened(support::Aligned(support::int4_file().bytes())));
  std::vector<HostileFile> files =
      support::hostile_files(support::small_file(), support::kValueCases);
  for (HostileFile& file : support::hostile_files(support::int4_file(), support::kInt4ValueCases))
    files.push_back(std::move(file));
  for (const HostileFile& file : files) {
    CAPTURE(file.name);
    const support::Aligned memory(file.bytes);
    CHECK(read_model(memory.bytes(), "model.linnet"));
    check_refused(file);
  }
}

TEST_CASE("A hostile file on disk meets the same verdict, mapped or read") {
  const support::Scratch scratch;
  std::vector<HostileFile> files = support::hostile_beginnings(support::small_file());
  for (const auto* cases : {&support::kHeadCases, &support::kSettingCases, &support::kTensorCases,
                            &support::kValueCases})
    for (HostileFile& file : support::hostile_files(support::small_file(), *cases))
      files.push_back(std::move(file));
  for (const HostileFile& file : files) {
    CAPTURE(file.name);
    const std::string path = scratch.write("model.linnet", file.bytes);
    for (const bool map : {true, false}) {
      const auto bundle = read_model(path, {.map = map, .verify = true});
      REQUIRE_FALSE(bundle);
      CHECK(bundle.error().fault == file.fault);
      CHECK(bundle.error().sentence.starts_with(path + ": "));
      CHECK(bundle.error().sentence.find(file.fragment) != std::string::npos);
    }
  }
}

TEST_CASE("Any single wrong byte of the head or of a tensor is found") {
  const std::string whole = support::small_file().bytes();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    const support::Aligned memory(damaged);
    CAPTURE(i);
    CHECK_FALSE(opened(memory));
  }
}

}  // namespace
}  // namespace linnet::io
