#pragma once

#include <cstdint>
#include <span>

#include "engine/core/arena.h"
#include "engine/core/result.h"
#include "engine/model/workspace.h"

namespace linnet::model {

// What a cache is to hold.
struct CacheShape {
  PageLayout layout;
  int layers = 0;
  int lanes = 1;      // sequences at a time
  int positions = 0;  // of the longest sequence
  // Positions that each one reads, itself included; 0: all. What is older is given up, and its
  // pages hold newer positions.
  int window = 0;
  int rows = 1;  // the most that `extend` adds, if there is a window

  int pages_per_lane() const { return (positions + kernels::kPage - 1) / kernels::kPage; }
  // That a lane holds at a time: from the first position that the first new one reads to the last
  // new one, wherever in a page they lie.
  int held_per_lane() const {
    const std::int64_t span = std::int64_t{window} - 1 + rows;
    const std::int64_t held = (span + kernels::kPage - 2) / kernels::kPage + 1;
    return window == 0 || held > pages_per_lane() ? pages_per_lane() : static_cast<int>(held);
  }
};

// Keys and values of several sequences ("lanes"), in pages of kernels::kPage positions. A page
// holds all layers and heads of its positions. Pages are counted, so that lanes share what they
// have in common: a fork copies a list, and the first of two sharers that writes into a page gets a
// copy of that page. There are enough pages for every lane to be full without sharing anything.
// Nothing is allocated after `allocate`. Used by one thread at a time, but for the numbers inside
// the pages.
class KvCache {
 public:
  // The bytes that allocate(shape) will ask for, or nothing valid if they leave memory's range.
  static core::Checked bytes_needed(const CacheShape& shape);

  // False if the memory cannot be had.
  [[nodiscard]] bool allocate(const CacheShape& shape);

  const CacheShape& shape() const { return shape_; }
  int length(int lane) const { return lengths_[lane]; }
  // The pages of a lane in the order of its positions; those that it gave up are not to be read.
  std::byte* const* pages(int lane) const { return page_of_ + row(lane); }

  // Lengthens the lane to `length` <= shape().positions and makes the pages of the new positions
  // its own; their contents are for the caller to write.
  void extend(int lane, int length);
  // Forgets all positions from `length` on, which is 0 if the lane has given pages up.
  void truncate(int lane, int length);
  // Lane `to` forgets what it held and shares all of lane `from`.
  void fork(int to, int from);
  // Lane first + i becomes what lane first + parents[i] was, for all i at once.
  void reorder(int first, std::span<const int> parents);

  int pages_in_use() const { return page_count_ - free_count_; }

 private:
  void carve(core::Arena& arena, const CacheShape& shape);
  std::int64_t row(int lane) const { return std::int64_t{lane} * shape_.pages_per_lane(); }
  int take();
  void release(int page);
  std::byte* address(int page) const { return store_ + page * page_bytes_; }
  void own(int lane, int index);
  void give_up(int lane);

  CacheShape shape_;
  core::Arena arena_;
  std::int64_t page_bytes_ = 0;
  int page_count_ = 0, free_count_ = 0;
  // All in the arena:
  std::byte* store_ = nullptr;     // [page_count_][page_bytes_], page_count_ = lanes * held
  std::byte** page_of_ = nullptr;  // [lanes][pages_per_lane]
  int* index_of_ = nullptr;        // [lanes][pages_per_lane], the same as page numbers
  int* sharers_ = nullptr;         // [page_count_]
  int* free_ = nullptr;            // [page_count_], the first free_count_ are free pages
  int* lengths_ = nullptr;         // [lanes]
  int* gone_ = nullptr;            // [lanes], pages that were given up
  int* before_ = nullptr;          // [lanes][pages_per_lane + 2], for reorder
};

}  // namespace linnet::model
