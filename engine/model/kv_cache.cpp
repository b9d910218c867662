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
  const core::Checked store = pages * shape.layout.layer_bytes() * shape.layers;
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
  page_count_ = shape.lanes * shape.pages_per_lane();
  page_of_ = arena.carve<std::byte*>(page_count_);
  index_of_ = arena.carve<int>(page_count_);
  sharers_ = arena.carve<int>(page_count_);
  free_ = arena.carve<int>(page_count_);
  lengths_ = arena.carve<int>(shape.lanes);
  before_ = arena.carve<int>(page_count_ + shape.lanes);
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

void KvCache::extend(int lane, int length) {
  assert(length >= lengths_[lane] && length <= shape_.positions);
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
  for (int i = pages_for(length); i < pages_for(lengths_[lane]); ++i)
    release(index_of_[row(lane) + i]);
  lengths_[lane] = length;
}

void KvCache::fork(int to, int from) {
  if (to == from) return;
  truncate(to, 0);
  const int held = pages_for(lengths_[from]);
  for (int i = 0; i < held; ++i) {
    ++sharers_[index_of_[row(from) + i]];
    index_of_[row(to) + i] = index_of_[row(from) + i];
    page_of_[row(to) + i] = page_of_[row(from) + i];
  }
  lengths_[to] = lengths_[from];
}

void KvCache::reorder(int first, std::span<const int> parents) {
  const int lanes = static_cast<int>(parents.size()), stride = shape_.pages_per_lane() + 1;
  // The old lists are put aside, counted once more for each lane that will have them, and then
  // released by those that had them: no page is free in between.
  for (int i = 0; i < lanes; ++i) {
    int* old = before_ + std::ptrdiff_t{i} * stride;
    std::copy_n(index_of_ + row(first + i), pages_for(lengths_[first + i]), old + 1);
    old[0] = lengths_[first + i];
  }
  for (const int parent : parents) {
    const int* kept = before_ + std::ptrdiff_t{parent} * stride;
    for (int p = 0; p < pages_for(kept[0]); ++p) ++sharers_[kept[1 + p]];
  }
  for (int i = 0; i < lanes; ++i) {
    truncate(first + i, 0);
    const int* kept = before_ + std::ptrdiff_t{parents[static_cast<std::size_t>(i)]} * stride;
    lengths_[first + i] = kept[0];
    for (int p = 0; p < pages_for(kept[0]); ++p) {
      index_of_[row(first + i) + p] = kept[1 + p];
      page_of_[row(first + i) + p] = address(kept[1 + p]);
    }
  }
}

}  // namespace linnet::model
