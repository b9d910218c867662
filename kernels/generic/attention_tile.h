#pragma once

#include "kernels/generic/lanes.h"
#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"

// The two products of attention for a tile of rows, in registers: queries with keys, and shares
// with values. Every score and output is one chain in the order of the contract, whatever the tile;
// speed comes from many chains at once: rows times pages (scores), rows times 16 outputs (values).
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

}  // namespace linnet::kernels::generic
