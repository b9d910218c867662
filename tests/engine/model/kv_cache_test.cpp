#include "engine/model/kv_cache.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

using linnet::model::CacheShape;
using linnet::model::KvCache;
using linnet::model::PageType;

namespace {

constexpr int kPage = linnet::kernels::kPage;

CacheShape small(int lanes, int positions) {
  return {.layout = {PageType::f32, 2, 8}, .layers = 3, .lanes = lanes, .positions = positions};
}

KvCache make(int lanes, int positions) {
  KvCache cache;
  REQUIRE(cache.allocate(small(lanes, positions)));
  return cache;
}

// Writes a mark into the page of a position.
void mark(const KvCache& cache, int lane, int position, char value) {
  std::memset(cache.pages(lane)[position / kPage] + position % kPage, value, 1);
}
char marked(const KvCache& cache, int lane, int position) {
  return static_cast<char>(cache.pages(lane)[position / kPage][position % kPage]);
}

TEST_CASE("a lane takes a page for every sixteen positions and gives them back") {
  KvCache cache = make(1, 100);
  cache.extend(0, 1);
  CHECK(cache.pages_in_use() == 1);
  cache.extend(0, 16);
  CHECK(cache.pages_in_use() == 1);
  cache.extend(0, 17);
  CHECK(cache.pages_in_use() == 2);
  cache.extend(0, 100);
  CHECK(cache.pages_in_use() == 7);
  cache.truncate(0, 16);
  CHECK(cache.pages_in_use() == 1);
  cache.truncate(0, 0);
  CHECK(cache.pages_in_use() == 0);
}

TEST_CASE("a fork shares every page until one of the two writes") {
  KvCache cache = make(2, 64);
  cache.extend(0, 20);
  mark(cache, 0, 3, 'a');
  mark(cache, 0, 18, 'b');
  cache.fork(1, 0);
  CHECK(cache.pages_in_use() == 2);
  CHECK(cache.length(1) == 20);

  cache.extend(1, 21);  // its last page becomes its own, the full one stays shared
  CHECK(cache.pages_in_use() == 3);
  CHECK(cache.pages(1)[0] == cache.pages(0)[0]);
  CHECK(cache.pages(1)[1] != cache.pages(0)[1]);
  CHECK(marked(cache, 1, 18) == 'b');
  mark(cache, 1, 18, 'c');
  CHECK(marked(cache, 0, 18) == 'b');
}

TEST_CASE("a fork at a page boundary copies nothing") {
  KvCache cache = make(2, 64);
  cache.extend(0, 32);
  cache.fork(1, 0);
  cache.extend(1, 33);
  CHECK(cache.pages_in_use() == 3);
}

TEST_CASE("a fork onto a lane lets go of what the lane held") {
  KvCache cache = make(3, 64);
  cache.extend(0, 64);
  cache.extend(1, 64);
  cache.fork(1, 0);
  CHECK(cache.pages_in_use() == 4);
  cache.truncate(0, 0);
  CHECK(cache.pages_in_use() == 4);
  cache.truncate(1, 0);
  CHECK(cache.pages_in_use() == 0);
}

TEST_CASE("every lane can be full at once without sharing") {
  KvCache cache = make(4, 33);
  for (int lane = 0; lane < 4; ++lane) cache.extend(lane, 33);
  for (int round = 0; round < 3; ++round)
    for (int lane = 1; lane < 4; ++lane) {
      cache.fork(lane, lane - 1);
      cache.truncate(lane, 20);
      cache.extend(lane, 33);
    }
  CHECK(cache.pages_in_use() <= 12);
}

TEST_CASE("pages are aligned and the announced size is what carving uses") {
  KvCache cache = make(2, 40);
  cache.extend(0, 40);
  for (int i = 0; i < 3; ++i)
    CHECK(reinterpret_cast<std::uintptr_t>(cache.pages(0)[i]) % linnet::kernels::kAlignment == 0);
  CHECK(KvCache::bytes_needed(small(2, 40)).value() >= 6 * 3 * 2 * (8 * 16 * 4 + 16 * 16 * 4));
}

TEST_CASE("with a window a lane gives up the pages that nobody reads and takes them again") {
  CacheShape shape = small(1, 1000);
  shape.window = 20;
  shape.rows = 8;
  // 27 positions lie in three pages at most.
  CHECK(shape.held_per_lane() == 3);
  CHECK(KvCache::bytes_needed(shape).value() < KvCache::bytes_needed(small(1, 100)).value());
  KvCache cache;
  REQUIRE(cache.allocate(shape));
  for (int length = 0; length < 1000;) {
    const int first_read = std::max(0, length + 1 - shape.window);
    const int next = std::min(1000, length + 1 + length % shape.rows);
    cache.extend(0, next);
    CHECK(cache.pages_in_use() <= 3);
    for (int position = length; position < next; ++position)
      mark(cache, 0, position, static_cast<char>(position));
    for (int position = first_read; position < next; ++position)
      CHECK(marked(cache, 0, position) == static_cast<char>(position));
    length = next;
  }
  cache.truncate(0, 0);
  CHECK(cache.pages_in_use() == 0);
}

TEST_CASE("forks and reordered lanes share what a window has left") {
  CacheShape shape = small(3, 200);
  shape.window = 20;
  KvCache cache;
  REQUIRE(cache.allocate(shape));
  for (int length = 1; length <= 70; ++length) {
    cache.extend(0, length);
    mark(cache, 0, length - 1, static_cast<char>(length - 1));
  }
  cache.fork(1, 0);
  cache.fork(2, 0);
  const int parents[] = {2, 0, 0};
  for (int length = 71; length <= 200; ++length) {
    for (int lane = 0; lane < 3; ++lane) {
      cache.extend(lane, length);
      mark(cache, lane, length - 1, static_cast<char>(length - 1));
    }
    cache.reorder(0, parents);
    for (int lane = 0; lane < 3; ++lane)
      for (int position = length + 1 - shape.window; position < length; ++position)
        CHECK(marked(cache, lane, position) == static_cast<char>(position));
  }
  for (int lane = 0; lane < 3; ++lane) cache.truncate(lane, 0);
  CHECK(cache.pages_in_use() == 0);
}

TEST_CASE("a cache beyond memory's range is refused and not allocated") {
  CacheShape huge = small(4096, 1 << 20);
  huge.layers = 1024;
  huge.layout = {PageType::f32, 1024, 512};
  CHECK_FALSE(KvCache::bytes_needed(huge).valid());
  KvCache cache;
  CHECK_FALSE(cache.allocate(huge));
}

}  // namespace
