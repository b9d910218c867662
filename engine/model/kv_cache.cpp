#include "engine/model/kv_cache.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace linnet::model {
namespace {

int pages_for(int positions) { return (positions + kernels::kPage - 1) / kernels::kPage; }

}  // namespace

core::Checked KvCache::bytes_needed(const CacheShape& shape) {
  const core::Checked pages = core::Checked(shape.lanes) * shape.pages_per_lane();
  const core::Checked store = core::Checked(shape.lanes) * shape.held_per_lane() *
                              shape.layout.layer_bytes() * shape.layers;
  const core::Checked lists = pages * (sizeof(std::byte*) + 4 * sizeof(int));
  // Beyond this bound carving cannot overflow; the exact sum is the carving's own.
  if (!(store + lists).at_most(std::int64_t{1} << 48) || !(store + lists).fits_memory())
    return core::Checked(-1);
  KvCache counter;
  counter.carve(counter.arena_, shape);
  return counter.arena_.used();
}

bool KvCache::allocate(const CacheShape& shape) {
  const core::Checked bytes = bytes_needed(shape);
  if (!bytes.fits_memory() || !arena_.allocate(bytes.value())) return false;
  carve(arena_, shape);
  free_count_ = page_count_;
  // Low page numbers are taken first, so that memory is touched only as it is needed.
  for (int i = 0; i < page_count_; ++i) free_[i] = page_count_ - 1 - i;
  return true;
}

void KvCache::carve(core::Arena& arena, const CacheShape& shape) {
  shape_ = shape;
  page_bytes_ = shape.layout.layer_bytes() * shape.layers;
  page_count_ = shape.lanes * shape.held_per_lane();
  const std::int64_t listed = std::int64_t{shape.lanes} * shape.pages_per_lane();
  page_of_ = arena.carve<std::byte*>(listed);
  index_of_ = arena.carve<int>(listed);
  sharers_ = arena.carve<int>(page_count_);
  free_ = arena.carve<int>(page_count_);
  lengths_ = arena.carve<int>(shape.lanes);
  gone_ = arena.carve<int>(shape.lanes);
  before_ = arena.carve<int>(listed + std::int64_t{2} * shape.lanes);
  store_ = arena.carve<std::byte>(page_count_ * page_bytes_);
}

int KvCache::take() {
  assert(free_count_ > 0);
  const int page = free_[--free_count_];
  sharers_[page] = 1;
  return page;
}

void KvCache::release(int page) {
  assert(sharers_[page] > 0);
  if (--sharers_[page] == 0) free_[free_count_++] = page;
}

// Makes page `index` of the lane its alone, with the same contents.
void KvCache::own(int lane, int index) {
  int& page = index_of_[row(lane) + index];
  if (sharers_[page] == 1) return;
  const int copy = take();
  std::memcpy(address(copy), address(page), static_cast<std::size_t>(page_bytes_));
  release(page);
  page = copy;
  page_of_[row(lane) + index] = address(copy);
}

// The pages that no later position reads.
void KvCache::give_up(int lane) {
  if (shape_.window == 0) return;
  const int first = std::max(0, lengths_[lane] + 1 - shape_.window) / kernels::kPage;
  for (; gone_[lane] < first; ++gone_[lane]) release(index_of_[row(lane) + gone_[lane]]);
}

void KvCache::extend(int lane, int length) {
  assert(length >= lengths_[lane] && length <= shape_.positions);
  assert(shape_.window == 0 || length - lengths_[lane] <= shape_.rows);
  give_up(lane);
  const int held = pages_for(lengths_[lane]);
  if (length > lengths_[lane] && lengths_[lane] % kernels::kPage != 0) own(lane, held - 1);
  for (int i = held; i < pages_for(length); ++i) {
    index_of_[row(lane) + i] = take();
    page_of_[row(lane) + i] = address(index_of_[row(lane) + i]);
  }
  lengths_[lane] = length;
}

void KvCache::truncate(int lane, int length) {
  assert(length >= 0 && length <= lengths_[lane]);
  assert(length == 0 || length == lengths_[lane] || gone_[lane] == 0);
  for (int i = std::max(pages_for(length), gone_[lane]); i < pages_for(lengths_[lane]); ++i)
    release(index_of_[row(lane) + i]);
  lengths_[lane] = length;
  if (length == 0) gone_[lane] = 0;
}

void KvCache::fork(int to, int from) {
  if (to == from) return;
  truncate(to, 0);
  const int held = pages_for(lengths_[from]);
  for (int i = gone_[from]; i < held; ++i) {
    ++sharers_[index_of_[row(from) + i]];
    index_of_[row(to) + i] = index_of_[row(from) + i];
    page_of_[row(to) + i] = page_of_[row(from) + i];
  }
  lengths_[to] = lengths_[from];
  gone_[to] = gone_[from];
}

void KvCache::reorder(int first, std::span<const int> parents) {
  const int lanes = static_cast<int>(parents.size()), stride = shape_.pages_per_lane() + 2;
  // The old lists are put aside, counted once more for each lane that will have them, and then
  // released by those that had them: no page is free in between.
  for (int i = 0; i < lanes; ++i) {
    int* old = before_ + std::ptrdiff_t{i} * stride;
    old[0] = lengths_[first + i];
    old[1] = gone_[first + i];
    std::copy_n(index_of_ + row(first + i), pages_for(old[0]), old + 2);
  }
  for (const int parent : parents) {
    const int* kept = before_ + std::ptrdiff_t{parent} * stride;
    for (int p = kept[1]; p < pages_for(kept[0]); ++p) ++sharers_[kept[2 + p]];
  }
  for (int i = 0; i < lanes; ++i) {
    truncate(first + i, 0);
    const int* kept = before_ + std::ptrdiff_t{parents[static_cast<std::size_t>(i)]} * stride;
    lengths_[first + i] = kept[0];
    gone_[first + i] = kept[1];
    for (int p = kept[1]; p < pages_for(kept[0]); ++p) {
      index_of_[row(first + i) + p] = kept[2 + p];
      page_of_[row(first + i) + p] = address(kept[2 + p]);
    }
  }
}

}  // namespace linnet::model
