// Counts what the program asks of the allocator, through replaced operators.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/generate/sampler.h"

namespace {
std::atomic<std::int64_t> calls{0}, bytes{0};
}

// Out of line, or GCC would pair malloc and delete, or new and free, across them.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++calls;
  bytes += static_cast<std::int64_t>(size);
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return operator new(size); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace linnet::generate {
namespace {

TEST_CASE("A sampler takes the memory that it announces and none for a pick") {
  constexpr int kVocab = 5000;
  std::vector<float> logits(kVocab);
  const std::vector<int> history = {1, 2, 3};
  for (const int top_k : {0, 40}) {
    const std::int64_t before = bytes;
    core::Result<Sampler> sampler =
        Sampler::make({.top_k = top_k, .repeat_penalty = 1.1f, .repeat_last_n = -1}, kVocab);
    REQUIRE(sampler);
    CHECK(bytes - before == Sampler::memory(kVocab));
    const std::int64_t calls_before = calls;
    for (int i = 0; i < 20; ++i) {
      for (std::size_t id = 0; id < kVocab; ++id)
        logits[id] = static_cast<float>(id * 7919 % 997) / 100;
      if (!sampler->pick(logits, history)) break;
    }
    CHECK(calls == calls_before);
  }
}

}  // namespace
}  // namespace linnet::generate
