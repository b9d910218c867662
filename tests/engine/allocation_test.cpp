// Counts what the program asks of the allocator, through replaced operators.
#include <doctest/doctest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>
#include <vector>

#include "engine/engine.h"
#include "tests/support/allocations.h"
#include "tests/support/tiny_model.h"

// Out of line, or GCC would pair malloc and delete, or new and free, across them.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  using namespace linnet::support;
  ++allocations;
  allocated_bytes += size;
  if (fails_in > 0 && --fails_in == 0) return nullptr;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory != nullptr) ++live_allocations;
  return memory;
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  if (memory != nullptr) --linnet::support::live_allocations;
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t&) noexcept {
  operator delete(memory);
}

namespace {

using namespace linnet;
using support::allocations;

// Bytes in use according to the C library; does not move under the address sanitizer, which has an
// allocator of its own, so that there the count of operator new alone speaks.
std::size_t bytes_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST_CASE("decoding allocates nothing, with one thread or two") {
  for (const core::Dtype dtype : {core::Dtype::f32, core::Dtype::i8})
    for (const int threads : {1, 2}) {
      const auto model = Model::from(support::tiny_model(support::tiny_llama(), dtype), "tiny");
      REQUIRE(model);
      auto session =
          generate::Session::open(model->transformer(), {.context = 150, .threads = threads});
      REQUIRE(session);
      const std::vector<int> prompt(70, 5);
      REQUIRE(session->feed(prompt));  // the first region makes the threads
      const long before = allocations;
      const std::size_t bytes = bytes_in_use();
      bool fine = true;
      for (int i = 0; i < 60; ++i) {
        const int token = i % 90;
        fine = fine && session->feed({&token, 1});
      }
      const long after = allocations;
      const std::size_t bytes_after = bytes_in_use();
      CHECK(fine);
      CHECK(after == before);
      CHECK(bytes_after == bytes);
    }
}

TEST_CASE("opening a session takes no more memory than was announced") {
  const auto model =
      Model::from(support::tiny_model(support::tiny_llama(), core::Dtype::i8), "tiny");
  REQUIRE(model);
  const generate::SessionOptions options{.context = 4000};
  const auto need = generate::Session::needs(model->transformer(), options);
  REQUIRE(need);
  const std::size_t before = bytes_in_use();
  auto session = generate::Session::open(model->transformer(), options);
  REQUIRE(session);
  const std::size_t taken = bytes_in_use() - before;
  CHECK(taken <= static_cast<std::size_t>(need->total()) + 16384);
}

}  // namespace
