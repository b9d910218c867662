#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/core/mat.h"
#include "engine/core/parallel.h"
#include "kernels/kernels.h"

// Attention of many heads over pages of keys and values.
namespace linnet::ops {

using kernels::PageType;

// Where the heads of one layer lie in a page.
struct PageLayout {
  PageType type = PageType::f16;
  int kv_heads = 0, d_head = 0;

  std::int64_t key_bytes() const { return kernels::key_page_bytes(type, d_head); }
  std::int64_t value_bytes() const { return kernels::value_page_bytes(type, d_head); }
  std::int64_t head_bytes() const {
    return kernels::round_up(key_bytes(), kernels::kAlignment) +
           kernels::round_up(value_bytes(), kernels::kAlignment);
  }
  std::int64_t layer_bytes() const { return head_bytes() * kv_heads; }
  std::int64_t key_offset(int layer, int head) const {
    return layer * layer_bytes() + head * head_bytes();
  }
  std::int64_t value_offset(int layer, int head) const {
    return key_offset(layer, head) + kernels::round_up(key_bytes(), kernels::kAlignment);
  }
};

// Consecutive rows of a step that look at one sequence: row first_row + i stands at position
// past + i and sees the positions up to itself, or in an encoder and in cross attention all `seen`
// positions of the sequence.
struct Run {
  int first_row = 0, rows = 0;
  int past = 0;
  int seen = 0;                       // 0: up to itself
  std::byte* const* pages = nullptr;  // of the sequence; room for past + rows positions

  // Its last `count` rows, as a step of their own.
  Run last(int count) const { return {0, count, past + rows - count, seen, pages}; }
};

struct HeadScores {
  float scale = 1.0f;
  float soft_cap = 0.0f;  // 0: none
  // Positions that a row sees, itself included; where `seen` is set, window / 2 on either side of
  // it. 0: all.
  int window = 0;
};

// What is added to a score for the distance (key position - query position), which lies within
// (-span, span).
struct PositionBias {
  const float* by_distance = nullptr;  // [heads][2 span - 1], from the lowest distance; null: none
  int span = 0;

  int width() const { return 2 * span - 1; }
};

// Writes each row's key and value [tokens, kv_heads * d_head] into its page, row-wise. The pages
// are this run's alone.
void store_keys_values(std::span<const Run> runs, core::Mat keys, core::Mat values,
                       const PageLayout& layout, int layer, core::Team team);

// y = attention of queries [tokens, heads * d_head] over the stored positions; kv head h serves the
// queries of heads / kv_heads heads (Ainslie et al., 2023). Meets before and after.
void attend(core::Mat y, core::Mat queries, std::span<const Run> runs, const PageLayout& layout,
            int layer, const HeadScores& scores, const PositionBias& bias, core::Team team);

}  // namespace linnet::ops
