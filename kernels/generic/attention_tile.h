#pragma once

#include <cstddef>
#include <type_traits>

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

// Register kPart of the kPanel numbers there.
template <class Isa, int kPart>
[[gnu::always_inline]] inline Batch<float, Isa> load_page(const float* from) {
  return load<Isa>(from + kPart * kLanes<Isa>);
}
template <class Isa, int kPart>
[[gnu::always_inline]] inline Batch<float, Isa> load_page(const std::uint16_t* from) {
  return Isa::load_f16(from + kPart * kLanes<Isa>);
}
template <class Isa, int kPart>
[[gnu::always_inline]] inline Batch<float, Isa> load_page(const std::int8_t* from) {
  return Isa::template load_i8<kPart>(from);
}

// sums[row][group] = fma(weight[row][i], from[group] + i * step, sums), i = 0 .. count - 1: keys
// along d with the query as weights, or values along j with the shares.
template <class Isa, int kRows, int kGroups, class T>
[[gnu::always_inline]] inline void weigh(Batch<float, Isa> (&sums)[kRows * kGroups * kParts<Isa>],
                                         const T* const (&from)[kGroups], int step,
                                         const float* const (&weights)[kRows], int count) {
  constexpr int kRegisters = kGroups * kParts<Isa>;  // of one row
  for (int i = 0; i < count; ++i) {
    if constexpr (kRows == 1 && std::is_same_v<T, std::int8_t>) {
      // One group at a time: converting all before their sums takes more registers than NEON has.
      const Batch<float, Isa> weight(weights[0][i]);
      unroll<kGroups>([&](auto group) {
        Batch<float, Isa> loaded[kParts<Isa>];
        unroll<kParts<Isa>>([&](auto part) {
          loaded[part] = load_page<Isa, part>(from[group] + std::int64_t{i} * step);
        });
        unroll<kParts<Isa>>([&](auto part) {
          constexpr int kSum = group * kParts<Isa> + part;
          sums[kSum] = fused(loaded[part], weight, sums[kSum]);
        });
      });
      continue;
    }
    Batch<float, Isa> loaded[kRegisters];
    unroll<kRegisters>([&](auto k) {
      constexpr int kGroup = k / kParts<Isa>, kPart = k % kParts<Isa>;
      loaded[k] = load_page<Isa, kPart>(from[kGroup] + std::int64_t{i} * step);
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
struct BlockPages {
  explicit BlockPages(const Attend& a) : type(a.type), d_head(a.d_head) {}

  PageType type;
  int d_head;
  int count = 0;
  int index[kKeyBlock / kPage];  // page within the block
  const std::byte* keys[kKeyBlock / kPage];
  const std::byte* values[kKeyBlock / kPage];  // by page within the block
};

template <class Isa, int kRows>
struct AttendTile {
  const float* q[kRows];
  float top[kRows];
  float total[kRows][kPanel];
  alignas(kAlignment) float score[kRows][kKeyBlock];  // then the weights of the values
  alignas(kAlignment) float acc[kRows][kMaxHead];
};

template <class Isa, int kRows, int kGroups, class T>
[[gnu::flatten]] void score_groups(AttendTile<Isa, kRows>& tile, const BlockPages& pages,
                                   int done = 0) {
  for (; done + kGroups <= pages.count; done += kGroups) {
    Batch<float, Isa> sums[kRows * kGroups * kParts<Isa>];
    unroll<kRows * kGroups * kParts<Isa>>([&](auto k) { sums[k] = Batch<float, Isa>(0.0f); });
    const T* keys[kGroups];
    unroll<kGroups>([&](auto g) { keys[g] = reinterpret_cast<const T*>(pages.keys[done + g]); });
    const float* q[kRows];
    unroll<kRows>([&](auto row) { q[row] = tile.q[row]; });
    weigh<Isa, kRows, kGroups>(sums, keys, kPage, q, pages.d_head);
    unroll<kRows * kGroups * kParts<Isa>>([&](auto k) {
      constexpr int kRow = k / (kGroups * kParts<Isa>), kGroup = k / kParts<Isa> % kGroups;
      constexpr int kFirst = k % kParts<Isa> * kLanes<Isa>;
      store(tile.score[kRow] + pages.index[done + kGroup] * kPage + kFirst, sums[k]);
    });
  }
  if constexpr (kGroups > 1) score_groups<Isa, kRows, kGroups / 2, T>(tile, pages, done);
}

// The products of the queries with all keys of the pages; int8: with their integers.
template <class Isa, int kRows>
void score_pages(AttendTile<Isa, kRows>& tile, const BlockPages& pages) {
  constexpr int kGroups = attend_groups<Isa>(kRows);
  switch (pages.type) {
    case PageType::f32:
      return score_groups<Isa, kRows, kGroups, float>(tile, pages);
    case PageType::f16:
      return score_groups<Isa, kRows, kGroups, std::uint16_t>(tile, pages);
    case PageType::int8:
      return score_groups<Isa, kRows, kGroups, std::int8_t>(tile, pages);
  }
}

// acc[row] = acc[row] * fade[row], then the values of the keys in `seen` by their weights; rows lie
// kMaxHead and kKeyBlock apart. Starts at output `done`.
template <class Isa, int kRows, int kGroups, class T>
[[gnu::flatten]] void add_groups(float* acc, const float* shares, const float* fade,
                                 const std::byte* const* values, Span seen, int stride,
                                 int done = 0) {
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
        from[g] = reinterpret_cast<const T*>(values[page]) + std::int64_t{j % kPage} * stride +
                  done + g * kPanel;
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
    add_groups<Isa, kRows, kGroups / 2, T>(acc, shares, fade, values, seen, stride, done);
}
template <class Isa, int kRows>
void add_values(float* acc, const float* shares, const float* fade, const BlockPages& pages,
                Span seen) {
  constexpr int kGroups = attend_groups<Isa>(kRows);
  const int stride = value_stride(pages.d_head);
  switch (pages.type) {
    case PageType::f32:
      return add_groups<Isa, kRows, kGroups, float>(acc, shares, fade, pages.values, seen, stride);
    case PageType::f16:
      return add_groups<Isa, kRows, kGroups, std::uint16_t>(acc, shares, fade, pages.values, seen,
                                                            stride);
    case PageType::int8:
      return add_groups<Isa, kRows, kGroups, std::int8_t>(acc, shares, fade, pages.values, seen,
                                                          stride);
  }
}

// The values that all rows see are added for all at once; each row's first and last ones alone, for
// what a row does not see must not touch its sums.
template <class Isa, int kRows>
void add_block(AttendTile<Isa, kRows>& tile, const BlockPages& pages, const Span (&seen)[kRows],
               float (&fade)[kRows]) {
  Span common = seen[0];
  for (const Span& s : seen) {
    if (s.from > common.from) common.from = s.from;
    if (s.to < common.to) common.to = s.to;
  }
  const auto add_alone = [&](int row, Span part) {
    if (part.empty()) return;
    add_values<Isa, 1>(tile.acc[row], tile.score[row], &fade[row], pages, part);
    fade[row] = 1.0f;
  };
  if (common.empty()) {
    for (int row = 0; row < kRows; ++row) add_alone(row, seen[row]);
    return;
  }
  for (int row = 0; row < kRows; ++row) add_alone(row, {seen[row].from, common.from});
  add_values<Isa, kRows>(tile.acc[0], tile.score[0], fade, pages, common);
  for (int row = 0; row < kRows; ++row) {
    fade[row] = 1.0f;
    add_alone(row, {common.to, seen[row].to});
  }
}

}  // namespace linnet::kernels::generic
