#pragma once

#include "kernels/generic/attention_tile.h"
#include "kernels/generic/lanes.h"
#include "kernels/kernels.h"

// Attention in tiles of rows, so that keys and values are read once per tile, block by block with a
// running maximum (Milakov and Gimelshein 2018; the contract fixes every order).
namespace linnet::kernels::generic {

// Biases of one page; `bias` points to the block's first key. Only visible ones may be read.
template <class Isa>
[[gnu::always_inline]] inline Lanes<Isa> load_bias(const float* bias, int page, Span seen) {
  const int begin = page * kPage;
  if (seen.from <= begin && begin + kPage <= seen.to) return Lanes<Isa>::load(bias + begin);
  alignas(kAlignment) float lanes[kPage];
  for (int i = 0; i < kPage; ++i)
    lanes[i] = seen.from <= begin + i && begin + i < seen.to ? bias[begin + i] : 0.0f;
  return Lanes<Isa>::load(lanes);
}

// Keys that the row does not see get -infinity.
template <class Isa>
[[gnu::always_inline]] inline Lanes<Isa> hide(const Lanes<Isa>& s, int page, Span seen) {
  using L = Lanes<Isa>;
  alignas(kAlignment)
      const float count[kPage] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const L lowest = L::all(-__builtin_inff()), slot = L::load(count);
  const int begin = page * kPage;
  const L shown = if_less(slot, L::all(static_cast<float>(seen.to - begin)), s, lowest);
  return if_less(slot, L::all(static_cast<float>(seen.from - begin)), lowest, shown);
}

// Turns one row's products into scores, in place, and gives the largest of them and `top`.
template <class Isa>
float finish_scores(float* score, const Attend& a, const float* bias, Span seen, float top) {
  using L = Lanes<Isa>;
  L best = L::all(top);
  for (int page = seen.from / kPage; page * kPage < seen.to; ++page) {
    L s = L::load(score + page * kPage) * L::all(a.scale);
    if (a.soft_cap != 0.0f) {
      const L cap = L::all(a.soft_cap);
      s = cap * tanh(divide(s, cap));
    }
    if (bias) s = s + load_bias<Isa>(bias, page, seen);
    if (page * kPage < seen.from || seen.to < (page + 1) * kPage) s = hide(s, page, seen);
    s.store(score + page * kPage);
    best = greater_of(s, best);
  }
  return largest(best);
}

// Turns one row's scores into shares, in place, and adds them to the row's total.
template <class Isa>
void share_out(float* score, float* total, Span seen, float top, float fade) {
  using L = Lanes<Isa>;
  const L tops = L::all(top);
  L sum = L::load(total) * L::all(fade);
  for (int page = seen.from / kPage; page * kPage < seen.to; ++page) {
    const L share = exp(L::load(score + page * kPage) - tops);
    share.store(score + page * kPage);
    sum = sum + share;
  }
  sum.store(total);
}

// `lanes` times the scales that stand there, in place.
template <class Isa>
[[gnu::always_inline]] inline void scale_lanes(float* lanes, const std::byte* scales) {
  using L = Lanes<Isa>;
  (L::load(lanes) * L::load(reinterpret_cast<const float*>(scales))).store(lanes);
}

// Turns one row's products with the integers of keys into those with the keys, in place.
template <class Isa>
void scale_products(float* products, const BlockPages& pages) {
  const std::int64_t scales = key_scales_offset(pages.d_head);
  for (int i = 0; i < pages.count; ++i)
    scale_lanes<Isa>(products + pages.index[i] * kPage, pages.keys[i] + scales);
}

// Turns one row's shares into the weights of its values' integers, in place.
template <class Isa>
void scale_shares(float* shares, const BlockPages& pages, Span seen) {
  const std::int64_t scales = value_scales_offset(pages.d_head);
  for (int page = seen.from / kPage; page * kPage < seen.to; ++page)
    scale_lanes<Isa>(shares + page * kPage, pages.values[page] + scales);
}

// One block of keys for a tile; `block` is the position of its first key.
template <class Isa, int kRows>
void attend_block(AttendTile<Isa, kRows>& tile, const Attend& a, int row, int block) {
  Span seen[kRows];
  BlockPages pages(a);
  for (int page = 0; page < kKeyBlock / kPage; ++page) {
    bool wanted = false;
    const int begin = block + page * kPage;
    for (int r = 0; r < kRows; ++r)
      wanted = wanted || (a.first[row + r] < begin + kPage && begin < a.last[row + r]);
    if (!wanted) continue;
    const std::byte* bytes = a.pages[begin / kPage];
    pages.index[pages.count] = page;
    pages.keys[pages.count++] = bytes + a.key_offset;
    pages.values[page] = bytes + a.value_offset;
  }
  if (pages.count == 0) return;
  score_pages<Isa, kRows>(tile, pages);

  float fade[kRows];
  for (int r = 0; r < kRows; ++r) {
    const int from = a.first[row + r] - block, to = a.last[row + r] - block;
    seen[r] = {from > 0 ? from : 0, to < kKeyBlock ? to : kKeyBlock};
    fade[r] = 1.0f;
    if (seen[r].empty()) continue;
    const float* bias = a.bias ? a.bias + std::int64_t{row + r} * a.bias_stride + block : nullptr;
    if (a.type == PageType::int8) scale_products<Isa>(tile.score[r], pages);
    const float top = finish_scores<Isa>(tile.score[r], a, bias, seen[r], tile.top[r]);
    fade[r] = exp_of<Isa>(tile.top[r] - top);
    tile.top[r] = top;
    share_out<Isa>(tile.score[r], tile.total[r], seen[r], top, fade[r]);
    if (a.type == PageType::int8) scale_shares<Isa>(tile.score[r], pages, seen[r]);
  }
  add_block<Isa, kRows>(tile, pages, seen, fade);
}

template <class Isa, int kRows>
void attend_tile(const Attend& a, int row) {
  using L = Lanes<Isa>;
  const int stride = value_stride(a.d_head);
  AttendTile<Isa, kRows> tile;
  int begin = a.first[row], end = 0;
  for (int r = 0; r < kRows; ++r) {
    tile.q[r] = a.q + std::int64_t{row + r} * a.q_stride;
    tile.top[r] = -__builtin_inff();
    L::all(0.0f).store(tile.total[r]);
    for (int d = 0; d < stride; d += kPanel) L::all(0.0f).store(tile.acc[r] + d);
    if (a.first[row + r] < begin) begin = a.first[row + r];
    if (a.last[row + r] > end) end = a.last[row + r];
  }
  for (int block = begin / kKeyBlock * kKeyBlock; block < end; block += kKeyBlock)
    attend_block<Isa, kRows>(tile, a, row, block);

  for (int r = 0; r < kRows; ++r) {
    float* y = a.y + std::int64_t{row + r} * a.y_stride;
    const bool sees = a.first[row + r] < a.last[row + r];
    const L inverse = L::all(sees ? 1.0f / tree(L::load(tile.total[r])) : 0.0f);
    for_lanes(a.d_head,
              [&](int d, auto count) { (L::load(tile.acc[r] + d) * inverse).store(y + d, count); });
  }
}

// The rows from `row` on, in tiles of kRows, then smaller ones.
template <class Isa, int kRows>
void attend_rows(const Attend& a, int row) {
  for (; row + kRows <= a.rows; row += kRows) attend_tile<Isa, kRows>(a, row);
  if constexpr (kRows > 1) attend_rows<Isa, (kRows > 4 ? 4 : kRows / 2)>(a, row);
}

template <class Isa>
void attend(const Attend& a) {
  attend_rows<Isa, kAttendRows<Isa>>(a, 0);
}

}  // namespace linnet::kernels::generic
