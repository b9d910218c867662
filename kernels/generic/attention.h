#pragma once

#include "kernels/generic/lanes.h"
#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"

// Attention in tiles of rows, so that keys and values are read once per tile. Every score, sum and
// output is one chain in the order of the contract, whatever the tile; speed comes from many chains
// at once: rows times pages (scores), rows times 16 outputs (values).
namespace linnet::kernels::generic {

// Registers for sums. Of 32: 24 (AVX-512) leave 4 for loads and the broadcast; NEON keeps 16, which
// hide the latency of its fma. Of 16: 12 (AVX2), 8 (ARMv7, four loads at a time).
template <class Isa>
inline constexpr int kAttendSums = kLanes<Isa> == 16    ? 24
                                   : kLanes<Isa> == 8   ? 12
                                   : sizeof(void*) == 8 ? 16
                                                        : 8;
// Rows per tile: a power of two, or 6 where 16 floats take one or two registers.
template <class Isa>
inline constexpr int kAttendRows = kParts<Isa> <= 2 ? 6 : kAttendSums<Isa> / kParts<Isa>;
// Groups of 16 sums that one of so many rows may have: the largest power of two, at most a block.
template <class Isa>
constexpr int attend_groups(int rows) {
  int groups = kKeyBlock / kPanel;
  while (groups > 1 && groups * rows * kParts < Isa >> kAttendSums<Isa>) groups /= 2;
  return groups;
}

template <class Isa>
[[gnu::always_inline]] inline Batch<float, Isa> load_page(const float* from) {
  return load<Isa>(from);
}
template <class Isa>
[[gnu::always_inline]] inline Batch<float, Isa> load_page(const std::uint16_t* from) {
  return Isa::load_f16(from);
}

// sums[row][group] = fma(weight[row][i], from[group] + i * step, sums), i = 0 .. count - 1: keys
// along d with the query as weights, or values along j with the shares.
template <class Isa, int kRows, int kGroups, class T>
[[gnu::always_inline]] inline void weigh(Batch<float, Isa> (&sums)[kRows * kGroups * kParts<Isa>],
                                         const T* const (&from)[kGroups], int step,
                                         const float* const (&weights)[kRows], int count) {
  constexpr int kRegisters = kGroups * kParts<Isa>;  // of one row
  for (int i = 0; i < count; ++i) {
    Batch<float, Isa> loaded[kRegisters];
    unroll<kRegisters>([&](auto k) {
      constexpr int kGroup = k / kParts<Isa>, kPart = k % kParts<Isa>;
      loaded[k] = load_page<Isa>(from[kGroup] + std::int64_t{i} * step + kPart * kLanes<Isa>);
    });
    unroll<kRows>([&](auto row) {
      const Batch<float, Isa> weight(weights[row][i]);
      unroll<kRegisters>([&](auto k) {
        constexpr int kSum = row * kRegisters + k;
        sums[kSum] = fused(loaded[k], weight, sums[kSum]);
      });
    });
  }
}

// Keys of one block that a row sees, counted from the block's first.
struct Span {
  int from, to;
  bool empty() const { return from >= to; }
};

// The pages of one block that some row of the tile sees.
template <class T>
struct BlockPages {
  int count = 0;
  int index[kKeyBlock / kPage];  // page within the block
  const T* keys[kKeyBlock / kPage];
  const T* values[kKeyBlock / kPage];  // by page within the block
};

template <class Isa, int kRows>
struct AttendTile {
  const float* q[kRows];
  float top[kRows];
  float total[kRows][kPanel];
  alignas(kAlignment) float score[kRows][kKeyBlock];  // then the shares
  alignas(kAlignment) float acc[kRows][kMaxHead];
};

template <class Isa, int kRows, int kGroups, class T>
[[gnu::flatten]] void score_pages(AttendTile<Isa, kRows>& tile, const BlockPages<T>& pages,
                                  int done, int d_head) {
  for (; done + kGroups <= pages.count; done += kGroups) {
    Batch<float, Isa> sums[kRows * kGroups * kParts<Isa>];
    unroll<kRows * kGroups * kParts<Isa>>([&](auto k) { sums[k] = Batch<float, Isa>(0.0f); });
    const T* keys[kGroups];
    unroll<kGroups>([&](auto g) { keys[g] = pages.keys[done + g]; });
    const float* q[kRows];
    unroll<kRows>([&](auto row) { q[row] = tile.q[row]; });
    weigh<Isa, kRows, kGroups>(sums, keys, kPage, q, d_head);
    unroll<kRows * kGroups * kParts<Isa>>([&](auto k) {
      constexpr int kRow = k / (kGroups * kParts<Isa>), kGroup = k / kParts<Isa> % kGroups;
      store(tile.score[kRow] + pages.index[done + kGroup] * kPage + k % kParts<Isa> * kLanes<Isa>,
            sums[k]);
    });
  }
  if constexpr (kGroups > 1) score_pages<Isa, kRows, kGroups / 2>(tile, pages, done, d_head);
}

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

// acc[row] = acc[row] * fade[row], then the values of the keys in `seen` by their shares; rows lie
// kMaxHead and kKeyBlock apart. Starts at output `done`.
template <class Isa, int kRows, int kGroups, class T>
[[gnu::flatten]] void add_values(float* acc, const float* shares, const float* fade,
                                 const T* const* values, Span seen, int stride, int done) {
  constexpr int kRegisters = kGroups * kParts<Isa>;
  for (; done + kGroups * kPanel <= stride; done += kGroups * kPanel) {
    Batch<float, Isa> sums[kRows * kRegisters];
    unroll<kRows * kRegisters>([&](auto k) {
      constexpr int kRow = k / kRegisters;
      sums[k] = load<Isa>(acc + kRow * kMaxHead + done + k % kRegisters * kLanes<Isa>) *
                Batch<float, Isa>(fade[kRow]);
    });
    for (int j = seen.from; j < seen.to;) {
      const int page = j / kPage, page_end = (page + 1) * kPage;
      const int end = page_end < seen.to ? page_end : seen.to;
      const T* from[kGroups];
      unroll<kGroups>([&](auto g) {
        from[g] = values[page] + std::int64_t{j % kPage} * stride + done + g * kPanel;
      });
      const float* weights[kRows];
      unroll<kRows>([&](auto row) { weights[row] = shares + row * kKeyBlock + j; });
      weigh<Isa, kRows, kGroups>(sums, from, stride, weights, end - j);
      j = end;
    }
    unroll<kRows * kRegisters>([&](auto k) {
      constexpr int kRow = k / kRegisters;
      store(acc + kRow * kMaxHead + done + k % kRegisters * kLanes<Isa>, sums[k]);
    });
  }
  if constexpr (kGroups > 1)
    add_values<Isa, kRows, kGroups / 2>(acc, shares, fade, values, seen, stride, done);
}

// The values that all rows see are added for all at once; each row's first and last ones alone, for
// what a row does not see must not touch its sums.
template <class Isa, int kRows, class T>
void add_block(AttendTile<Isa, kRows>& tile, const BlockPages<T>& pages, const Span (&seen)[kRows],
               float (&fade)[kRows], int stride) {
  Span common = seen[0];
  for (const Span& s : seen) {
    if (s.from > common.from) common.from = s.from;
    if (s.to < common.to) common.to = s.to;
  }
  const auto add_alone = [&](int row, Span part) {
    if (part.empty()) return;
    add_values<Isa, 1, attend_groups<Isa>(1)>(tile.acc[row], tile.score[row], &fade[row],
                                              pages.values, part, stride, 0);
    fade[row] = 1.0f;
  };
  if (common.empty()) {
    for (int row = 0; row < kRows; ++row) add_alone(row, seen[row]);
    return;
  }
  for (int row = 0; row < kRows; ++row) add_alone(row, {seen[row].from, common.from});
  add_values<Isa, kRows, attend_groups<Isa>(kRows)>(tile.acc[0], tile.score[0], fade, pages.values,
                                                    common, stride, 0);
  for (int row = 0; row < kRows; ++row) {
    fade[row] = 1.0f;
    add_alone(row, {common.to, seen[row].to});
  }
}

// One block of keys for a tile; `block` is the position of its first key.
template <class Isa, int kRows, class T>
void attend_block(AttendTile<Isa, kRows>& tile, const Attend& a, int row, int block) {
  Span seen[kRows];
  BlockPages<T> pages;
  for (int page = 0; page < kKeyBlock / kPage; ++page) {
    bool wanted = false;
    const int begin = block + page * kPage;
    for (int r = 0; r < kRows; ++r)
      wanted = wanted || (a.first[row + r] < begin + kPage && begin < a.last[row + r]);
    if (!wanted) continue;
    const std::byte* bytes = a.pages[begin / kPage];
    pages.index[pages.count] = page;
    pages.keys[pages.count++] = reinterpret_cast<const T*>(bytes + a.key_offset);
    pages.values[page] = reinterpret_cast<const T*>(bytes + a.value_offset);
  }
  if (pages.count == 0) return;
  score_pages<Isa, kRows, attend_groups<Isa>(kRows)>(tile, pages, 0, a.d_head);

  float fade[kRows];
  for (int r = 0; r < kRows; ++r) {
    const int from = a.first[row + r] - block, to = a.last[row + r] - block;
    seen[r] = {from > 0 ? from : 0, to < kKeyBlock ? to : kKeyBlock};
    fade[r] = 1.0f;
    if (seen[r].empty()) continue;
    const float* bias = a.bias ? a.bias + std::int64_t{row + r} * a.bias_stride + block : nullptr;
    const float top = finish_scores<Isa>(tile.score[r], a, bias, seen[r], tile.top[r]);
    fade[r] = exp_of<Isa>(tile.top[r] - top);
    tile.top[r] = top;
    share_out<Isa>(tile.score[r], tile.total[r], seen[r], top, fade[r]);
  }
  add_block<Isa, kRows>(tile, pages, seen, fade, value_stride(a.d_head));
}

template <class Isa, int kRows, class T>
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
    attend_block<Isa, kRows, T>(tile, a, row, block);

  for (int r = 0; r < kRows; ++r) {
    float* y = a.y + std::int64_t{row + r} * a.y_stride;
    const bool sees = a.first[row + r] < a.last[row + r];
    const L inverse = L::all(sees ? 1.0f / tree(L::load(tile.total[r])) : 0.0f);
    for_lanes(a.d_head,
              [&](int d, auto count) { (L::load(tile.acc[r] + d) * inverse).store(y + d, count); });
  }
}

// The rows from `row` on, in tiles of kRows, then smaller ones.
template <class Isa, int kRows, class T>
void attend_rows(const Attend& a, int row) {
  for (; row + kRows <= a.rows; row += kRows) attend_tile<Isa, kRows, T>(a, row);
  if constexpr (kRows > 1) attend_rows<Isa, (kRows > 4 ? 4 : kRows / 2), T>(a, row);
}

template <class Isa>
void attend(const Attend& a) {
  if (a.type == PageType::f32) {
    attend_rows<Isa, kAttendRows<Isa>, float>(a, 0);
  } else {
    attend_rows<Isa, kAttendRows<Isa>, std::uint16_t>(a, 0);
  }
}

// `count` floats at `from` as page values at to[0], to[step] ...
template <class Isa>
[[gnu::always_inline]] inline void put(float* to, int step, const float* from, int count) {
  for (int i = 0; i < count; ++i) to[std::int64_t{i} * step] = from[i];
}
template <class Isa>
[[gnu::always_inline]] inline void put(std::uint16_t* to, int step, const float* from, int count) {
  alignas(kAlignment) std::uint16_t halves[kPanel];
  for_lanes(count, [&](int i, auto some) {
    const Lanes<Isa> lanes = Lanes<Isa>::load(from + i, some);
    for (int p = 0; p < kParts<Isa>; ++p) Isa::store_f16(halves + p * kLanes<Isa>, lanes.part[p]);
    for (int k = 0; k < some; ++k) to[std::int64_t{i + k} * step] = halves[k];
  });
}

template <class Isa, class T>
void store_pair(const StoreKeyValue& a) {
  const int stride = value_stride(a.d_head);
  T* values = reinterpret_cast<T*>(a.page + a.value_offset) + std::int64_t{a.slot} * stride;
  put<Isa>(reinterpret_cast<T*>(a.page + a.key_offset) + a.slot, kPage, a.key, a.d_head);
  put<Isa>(values, 1, a.value, a.d_head);
  for (int d = a.d_head; d < stride; ++d) values[d] = T(0);
}

template <class Isa>
void store_key_value(const StoreKeyValue& a) {
  if (a.type == PageType::f32) {
    store_pair<Isa, float>(a);
  } else {
    store_pair<Isa, std::uint16_t>(a);
  }
}

}  // namespace linnet::kernels::generic
