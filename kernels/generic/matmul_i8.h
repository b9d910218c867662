#pragma once

#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

// Int8 weights and activations in groups of 32. What an instruction set supplies (Isa::...):
//   Sums                    partial integer sums of one register of rows and one token
//   start(x_offset)         the sums of an empty group, whose offset (kernels.h) is *x_offset
//   Weights weights(w)      two quads of kLanes rows: at w and kPanel * kQuad bytes further
//   inputs<i, j>(x)         quads i and j of the group's activations at x, to be met by all rows
//   dot(sums, weights, inputs)
//   I32 finish(sums)        one integer for each row
//   load_bf16, load_f16     one register of scales
//   kRegistersI8, kTilesI8  registers of rows and tiles of kTile tokens that are worked on at once;
//   kRegistersI8Single      and with one token: best the whole panel, which is one stream of memory
namespace linnet::kernels::generic {

template <class Isa, ScaleFormat kFormat>
[[gnu::always_inline]] inline Batch<float, Isa> load_scales(const std::byte* from) {
  const auto* bits = reinterpret_cast<const std::uint16_t*>(from);
  return kFormat == ScaleFormat::bf16 ? Isa::load_bf16(bits) : Isa::load_f16(bits);
}

// kRegisters registers of rows of a panel, from the one numbered `part`, times kTiles tiles of
// kWidth tokens each. Two quads a step, eight quads a group, all unrolled.
template <class Isa, ScaleFormat kFormat, int kRegisters, int kWidth, int kTiles>
[[gnu::flatten]] void matmul_i8_tile(const MatmulI8& a, int panel, int part, int token) {
  using F32 = Batch<float, Isa>;
  constexpr int kTokens = kWidth * kTiles;
  constexpr int kSums = kTokens * kRegisters;
  constexpr int kPairs = kGroup / kQuad / 2;
  constexpr int kAhead = 4 * kBlockBytes;  // of 2 to 8 blocks; the hardware needs help on AVX2

  const std::byte* rows = a.w + panel * a.panel_stride;
  const std::int64_t first = std::int64_t{token} * a.groups;
  const std::int64_t tile = std::int64_t{kTile} * a.groups;  // from tile to tile, in groups
  const std::int8_t* x = a.x + first * kGroup;
  const float* x_scales = a.x_scales + first;
  const std::int32_t* x_offsets = a.x_offsets + first;

  F32 acc[kSums];
  unroll<kSums>([&](auto s) { acc[s] = F32(0.0f); });
  for (int g = 0; g < a.groups; ++g) {
    const auto* w = reinterpret_cast<const std::int8_t*>(rows + group_offset_i8(g)) +
                    part * kLanes<Isa> * kQuad;
    if constexpr (kTokens == 1) {  // bound by memory
      unroll<kPanel * kGroup / kAlignment>(
          [&](auto line) { __builtin_prefetch(w + kAhead + line * kAlignment); });
    }
    // The first tile of tokens fetches the next panel while it computes.
    if (kTokens > 1 && token == 0) {
      unroll<kPanel * kGroup / kAlignment + 1>(
          [&](auto line) { __builtin_prefetch(w + a.panel_stride + line * kAlignment, 0, 2); });
    }
    typename Isa::Sums sums[kSums];
    unroll<kTokens>([&](auto t) {
      unroll<kRegisters>([&](auto r) {
        sums[t * kRegisters + r] = Isa::start(x_offsets + t / kWidth * tile + t % kWidth);
      });
    });
    unroll<kPairs>([&](auto pair) {
      typename Isa::Weights weights[kRegisters];
      unroll<kRegisters>([&](auto r) {
        weights[r] = Isa::weights(w + 2 * pair * kPanel * kQuad + r * kLanes<Isa> * kQuad);
      });
      unroll<kTokens>([&](auto t) {
        constexpr int kFirst = 2 * pair * kWidth + t % kWidth;
        const auto inputs =
            Isa::template inputs<kFirst, kFirst + kWidth>(x + t / kWidth * tile * kGroup);
        unroll<kRegisters>([&](auto r) {
          sums[t * kRegisters + r] = Isa::dot(sums[t * kRegisters + r], weights[r], inputs);
        });
      });
    });
    const std::byte* scales = rows + scale_offset_i8(g, a.groups) + part * kLanes<Isa> * 2;
    unroll<kRegisters>([&](auto r) {
      const F32 scale = load_scales<Isa, kFormat>(scales + r * kLanes<Isa> * 2);
      unroll<kTokens>([&](auto t) {
        const F32 x_scale(x_scales[t / kWidth * tile + t % kWidth]);
        F32& total = acc[t * kRegisters + r];
        total = fused(to_float(Isa::finish(sums[t * kRegisters + r])), scale * x_scale, total);
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

template <class Isa, ScaleFormat kFormat, int kRegisters, int kWidth, int kTiles>
[[gnu::always_inline]] inline void matmul_i8_panel(const MatmulI8& a, int panel, int token) {
  for (int part = 0; part < kParts<Isa>; part += kRegisters)
    matmul_i8_tile<Isa, kFormat, kRegisters, kWidth, kTiles>(a, panel, part, token);
}

template <class Isa, ScaleFormat kFormat>
void matmul_i8_panels(const MatmulI8& a) {
  constexpr int kRegisters = Isa::kRegistersI8;
  for (int panel = 0; panel < a.panels; ++panel) {
    int token = 0;
    if constexpr (Isa::kTilesI8 == 2) {
      for (; token + 2 * kTile <= a.tokens; token += 2 * kTile)
        matmul_i8_panel<Isa, kFormat, kRegisters, kTile, 2>(a, panel, token);
    }
    for (; token + kTile <= a.tokens; token += kTile)
      matmul_i8_panel<Isa, kFormat, kRegisters, kTile, 1>(a, panel, token);
    static_assert(kTile == 4);
    switch (a.tokens - token) {
      case 1:
        matmul_i8_panel<Isa, kFormat, Isa::kRegistersI8Single, 1, 1>(a, panel, token);
        break;
      case 2:
        matmul_i8_panel<Isa, kFormat, kRegisters, 2, 1>(a, panel, token);
        break;
      case 3:
        matmul_i8_panel<Isa, kFormat, kRegisters, 3, 1>(a, panel, token);
        break;
      default:
        break;
    }
  }
}

template <class Isa>
void matmul_i8(const MatmulI8& a) {
  if (a.scale_format == ScaleFormat::bf16) {
    matmul_i8_panels<Isa, ScaleFormat::bf16>(a);
  } else {
    matmul_i8_panels<Isa, ScaleFormat::f16>(a);
  }
}

}  // namespace linnet::kernels::generic
