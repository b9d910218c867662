#pragma once

#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

// Int8 or int4 weights and int8 activations in groups of 32. What an instruction set supplies:
//   load_bf16, load_f16     one register of scales
//   inputs<i, j>(x)         quads i and j of the group's activations at x, to be met by all rows
//   Int8, Int4              for each kind of weight:
//     Sums                    partial integer sums of one register of rows and one token
//     start(x_offset)         the sums of an empty group, whose offset (kernels.h) is *x_offset
//     Weights weights(w)      two quads of kLanes rows; of int8 at w and kPanel * kQuad bytes
//     further dot(sums, weights, inputs) I32 finish(sums, x_offset)  one integer for each row
//   kRegistersI8, kTilesI8  registers of rows and tiles of kTile tokens that are worked on at once;
//   kRegistersI8Single      and with one token: best the whole panel, which is one stream of memory
namespace linnet::kernels::generic {

template <class Isa, ScaleFormat kFormat>
[[gnu::always_inline]] inline Batch<float, Isa> load_scales(const std::byte* from) {
  const auto* bits = reinterpret_cast<const std::uint16_t*>(from);
  return kFormat == ScaleFormat::bf16 ? Isa::load_bf16(bits) : Isa::load_f16(bits);
}

// An instruction set and one of its kinds of weights.
template <class Owner, class Kind, int kBits>
struct IntsOf : Kind {
  using Isa = Owner;
  static constexpr GroupedLayout kLayout = GroupedLayout(kBits);
};

// kRegisters registers of rows of a panel, from the one numbered `part`, times kTiles tiles of
// kWidth tokens each. Two quads a step, eight quads a group, all unrolled.
template <class Ints, ScaleFormat kFormat, int kRegisters, int kWidth, int kTiles>
[[gnu::flatten]] void matmul_int_tile(const MatmulInt& a, int panel, int part, int token) {
  using Isa = typename Ints::Isa;
  using F32 = Batch<float, Isa>;
  constexpr GroupedLayout kLayout = Ints::kLayout;
  constexpr int kTokens = kWidth * kTiles;
  constexpr int kSums = kTokens * kRegisters;
  constexpr int kPairs = kGroup / kQuad / 2;
  constexpr int kPairBytes = kLayout.group_bytes() / kPairs;
  constexpr int kAhead = 4 * kLayout.block_bytes();  // 2 to 8 blocks; AVX2 machines need help

  const std::byte* rows = a.w + panel * a.panel_stride;
  const std::int64_t first = std::int64_t{token} * a.groups;
  const std::int64_t tile = std::int64_t{kTile} * a.groups;  // from tile to tile, in groups
  const std::int8_t* x = a.x + first * kGroup;
  const float* x_scales = a.x_scales + first;
  const std::int32_t* x_offsets = a.x_offsets + first;

  F32 acc[kSums];
  unroll<kSums>([&](auto s) { acc[s] = F32(0.0f); });
  for (int g = 0; g < a.groups; ++g) {
    const auto* w = reinterpret_cast<const std::int8_t*>(rows + kLayout.group_offset(g)) +
                    part * kLanes<Isa> * kQuad;
    if constexpr (kTokens == 1) {  // bound by memory
      unroll<kLayout.group_bytes() / kAlignment>(
          [&](auto line) { __builtin_prefetch(w + kAhead + line * kAlignment); });
    }
    // The first tile of tokens fetches the next panel while it computes.
    if (kTokens > 1 && token == 0) {
      unroll<kLayout.group_bytes() / kAlignment + 1>(
          [&](auto line) { __builtin_prefetch(w + a.panel_stride + line * kAlignment, 0, 2); });
    }
    typename Ints::Sums sums[kSums];
    unroll<kTokens>([&](auto t) {
      unroll<kRegisters>([&](auto r) {
        sums[t * kRegisters + r] = Ints::start(x_offsets + t / kWidth * tile + t % kWidth);
      });
    });
    unroll<kPairs>([&](auto pair) {
      typename Ints::Weights weights[kRegisters];
      unroll<kRegisters>([&](auto r) {
        weights[r] = Ints::weights(w + pair * kPairBytes + r * kLanes<Isa> * kQuad);
      });
      unroll<kTokens>([&](auto t) {
        constexpr int kFirst = 2 * pair * kWidth + t % kWidth;
        const auto inputs =
            Isa::template inputs<kFirst, kFirst + kWidth>(x + t / kWidth * tile * kGroup);
        unroll<kRegisters>([&](auto r) {
          sums[t * kRegisters + r] = Ints::dot(sums[t * kRegisters + r], weights[r], inputs);
        });
      });
    });
    const std::byte* scales = rows + kLayout.scale_offset(g, a.groups) + part * kLanes<Isa> * 2;
    unroll<kRegisters>([&](auto r) {
      const F32 scale = load_scales<Isa, kFormat>(scales + r * kLanes<Isa> * 2);
      unroll<kTokens>([&](auto t) {
        const F32 x_scale(x_scales[t / kWidth * tile + t % kWidth]);
        F32& total = acc[t * kRegisters + r];
        const auto isum =
            Ints::finish(sums[t * kRegisters + r], x_offsets + t / kWidth * tile + t % kWidth);
        total = fused(to_float(isum), scale * x_scale, total);
      });
    });
    x += kWidth * kGroup;
    x_scales += kWidth;
    x_offsets += kWidth;
  }

  const int column = panel * kPanel + part * kLanes<Isa>;
  unroll<kSums>([&](auto s) {
    const int at = column + s % kRegisters * kLanes<Isa>;
    if (a.bias) acc[s] = acc[s] + load<Isa>(a.bias + at);
    store(a.y + std::int64_t{token + s / kRegisters} * a.y_stride + at, acc[s]);
  });
}

template <class Ints, ScaleFormat kFormat, int kRegisters, int kWidth, int kTiles>
[[gnu::always_inline]] inline void matmul_int_panel(const MatmulInt& a, int panel, int token) {
  for (int part = 0; part < kParts<typename Ints::Isa>; part += kRegisters)
    matmul_int_tile<Ints, kFormat, kRegisters, kWidth, kTiles>(a, panel, part, token);
}

template <class Ints, ScaleFormat kFormat>
void matmul_int_panels(const MatmulInt& a) {
  using Isa = typename Ints::Isa;
  constexpr int kRegisters = Isa::kRegistersI8;
  for (int panel = 0; panel < a.panels; ++panel) {
    int token = 0;
    if constexpr (Isa::kTilesI8 == 2) {
      for (; token + 2 * kTile <= a.tokens; token += 2 * kTile)
        matmul_int_panel<Ints, kFormat, kRegisters, kTile, 2>(a, panel, token);
    }
    for (; token + kTile <= a.tokens; token += kTile)
      matmul_int_panel<Ints, kFormat, kRegisters, kTile, 1>(a, panel, token);
    static_assert(kTile == 4);
    switch (a.tokens - token) {
      case 1:
        matmul_int_panel<Ints, kFormat, Isa::kRegistersI8Single, 1, 1>(a, panel, token);
        break;
      case 2:
        matmul_int_panel<Ints, kFormat, kRegisters, 2, 1>(a, panel, token);
        break;
      case 3:
        matmul_int_panel<Ints, kFormat, kRegisters, 3, 1>(a, panel, token);
        break;
      default:
        break;
    }
  }
}

template <class Ints>
void matmul_int(const MatmulInt& a) {
  if (a.scale_format == ScaleFormat::bf16) {
    matmul_int_panels<Ints, ScaleFormat::bf16>(a);
  } else {
    matmul_int_panels<Ints, ScaleFormat::f16>(a);
  }
}

template <class Isa>
void matmul_i8(const MatmulInt& a) {
  matmul_int<IntsOf<Isa, typename Isa::Int8, 8>>(a);
}

template <class Isa>
void matmul_i4(const MatmulInt& a) {
  matmul_int<IntsOf<Isa, typename Isa::Int4, 4>>(a);
}

}  // namespace linnet::kernels::generic
