#pragma once

#include "kernels/generic/fetch.h"
#include "kernels/generic/matmul_int_single.h"
#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

// Int8 or int4 weights and int8 activations in groups of 32. What an instruction set supplies:
//   load_bf16, load_f16     one register of scales
//   Int8, Int4              for each kind of weight:
//     kUnit                   tokens that are worked on together: 1 or 2
//     Sums                    partial integer sums of one register of rows and kUnit tokens
//     start(x_offset)         the sums of an empty group, whose offset (kernels.h) is *x_offset;
//                             that of the next token stands behind it
//     weights(w)              two quads of kLanes rows; of int8 at w and kPanel * kQuad further
//     inputs<i, n>(x)         quads i and i + n of the group's activations at x, to be met by all
//                             rows; for two tokens also i + 1 and i + n + 1
//     shared<i, n>(x)         optional: the same for several registers of rows
//     kSteps                  1: dot(sums, weights, inputs) adds both quads
//                             2: dot(sums, weights.quad[i], inputs.quad[i]) adds one, to all sums
//                             before the next: no dot waits for the one before it
//     finish<k>(sums, x_offset)  of token k, whose offset that is, one integer for each row
//   Int8Pairs, Int4Pairs    optional: instead, for even numbers of tokens
//   kRegistersI8, kTilesI8  registers of rows of a panel and tiles of kTile tokens at once; fewer
//                           tiles at the end
//   kPanelsI8               panels at once with 2 * kTile tokens or more; 1: tiles, as above
//   kAhead                  how far ahead weights are fetched that are one stream of memory, in
//                           bytes; 0: none are ever fetched
//   kAheadTokens            the least tokens with which such a stream is: with fewer, the loads
//                           themselves run far enough ahead, and do it better
//   kRegistersI8Single      registers with one token: best the whole panel, one stream of memory
namespace linnet::kernels::generic {

template <class Isa, ScaleFormat kFormat>
[[gnu::always_inline]] inline Batch<float, Isa> load_scales(const std::byte* from) {
  const auto* bits = reinterpret_cast<const std::uint16_t*>(from);
  return kFormat == ScaleFormat::bf16 ? Isa::load_bf16(bits) : Isa::load_f16(bits);
}

// How an instruction set treats weights of that width, for tiles of kWidth tokens.
template <class Isa, int kBits, int kWidth>
constexpr auto kind_for() {
  if constexpr (kBits == 8 && kWidth % 2 == 0 && requires { typename Isa::Int8Pairs; })
    return typename Isa::Int8Pairs();
  else if constexpr (kBits == 4 && kWidth % 2 == 0 && requires { typename Isa::Int4Pairs; })
    return typename Isa::Int4Pairs();
  else if constexpr (kBits == 8)
    return typename Isa::Int8();
  else
    return typename Isa::Int4();
}

template <class Kind, int kStep>
[[gnu::always_inline]] inline typename Kind::Sums dot(typename Kind::Sums sums,
                                                      const typename Kind::Weights& weights,
                                                      const auto& inputs) {
  if constexpr (Kind::kSteps == 2)
    return Kind::dot(sums, weights.quad[kStep], inputs.quad[kStep]);
  else
    return Kind::dot(sums, weights, inputs);
}

template <class Kind, int kFirst, int kStep, int kRegisters>
[[gnu::always_inline]] inline auto inputs_for(const std::int8_t* x) {
  if constexpr (kRegisters > 1 && requires { Kind::template shared<kFirst, kStep>(x); })
    return Kind::template shared<kFirst, kStep>(x);
  else
    return Kind::template inputs<kFirst, kStep>(x);
}

// An instruction set and the width of its weights.
template <class Owner, int kBits>
struct IntsOf {
  using Isa = Owner;
  static constexpr GroupedLayout kLayout = GroupedLayout(kBits);
  template <int kWidth>
  using Kind = decltype(kind_for<Owner, kBits, kWidth>());
};

// kEach registers of rows of each of kPanels panels, from the one numbered `part`, times kTiles
// tiles of kWidth tokens each. Two quads a step, eight quads a group, all unrolled.
template <class Ints, ScaleFormat kFormat, int kPanels, int kEach, int kWidth, int kTiles>
[[gnu::flatten]] void matmul_int_tile(const MatmulInt& a, int panel, int part, int token) {
  using Isa = typename Ints::Isa;
  using Kind = typename Ints::template Kind<kWidth>;
  using F32 = Batch<float, Isa>;
  constexpr int kUnit = Kind::kUnit;
  constexpr GroupedLayout kLayout = Ints::kLayout;
  constexpr int kTokens = kWidth * kTiles, kRegisters = kPanels * kEach;
  constexpr int kSums = kTokens * kRegisters;
  constexpr int kPairs = kGroup / kQuad / 2;
  constexpr int kPairBytes = kLayout.group_bytes() / kPairs;

  const std::byte* rows = a.w + panel * a.panel_stride;
  const std::int64_t first = std::int64_t{token} * a.groups;
  const std::int64_t tile = std::int64_t{kTile} * a.groups;  // from tile to tile, in groups
  const std::int8_t* x[kTiles];
  unroll<kTiles>([&](auto i) { x[i] = a.x + (first + i * tile) * kGroup; });
  const float* x_scales = a.x_scales + first;
  const std::int32_t* x_offsets = a.x_offsets + first;

  // All that is read of the weights is one stream, fetched a fixed way ahead. Else every tile of
  // tokens and every part of a panel fetches its share of the next panels while it computes.
  constexpr bool kStream = kPanels == 1 && kEach == kParts<Isa>;
  constexpr int kPasses = kParts<Isa> / kEach;
  const int passes = a.tokens * kPasses, pass = token * kPasses + part / kEach * kTokens;
  Fetcher fetch_next(rows + (kPanels * a.panel_stride * (passes + pass)) / passes,
                     kPanels * kLayout.block_bytes() / 2 * kTokens / passes);

  F32 acc[kSums];
  unroll<kSums>([&](auto s) { acc[s] = F32(0.0f); });
  for (int g = 0; g < a.groups; ++g) {
    const auto* w = reinterpret_cast<const std::int8_t*>(rows + kLayout.group_offset(g)) +
                    part * kLanes<Isa> * kQuad;
    if constexpr (Isa::kAhead > 0) {
      if (!kStream || kTokens != a.tokens)
        fetch_next();
      else if (kTokens >= Isa::kAheadTokens)
        fetch<kLayout.group_bytes()>(w + Isa::kAhead);
    }
    typename Kind::Sums sums[kSums / kUnit];
    unroll<kTokens / kUnit>([&](auto u) {
      constexpr int t = u * kUnit;
      unroll<kRegisters>([&](auto r) {
        sums[u * kRegisters + r] = Kind::start(x_offsets + t / kWidth * tile + t % kWidth);
      });
    });
    unroll<kPairs>([&](auto pair) {
      typename Kind::Weights weights[kRegisters];
      unroll<kRegisters>([&](auto r) {
        weights[r] = Kind::weights(w + r / kEach * a.panel_stride + pair * kPairBytes +
                                   r % kEach * kLanes<Isa> * kQuad);
      });
      unroll<Kind::kSteps>([&](auto step) {
        unroll<kTokens / kUnit>([&](auto u) {
          constexpr int t = u * kUnit, kFirst = 2 * pair * kWidth + t % kWidth;
          const auto inputs = inputs_for<Kind, kFirst, kWidth, kRegisters>(x[t / kWidth]);
          unroll<kRegisters>([&](auto r) {
            sums[u * kRegisters + r] =
                dot<Kind, step>(sums[u * kRegisters + r], weights[r], inputs);
          });
        });
      });
    });
    const std::byte* scales = rows + kLayout.scale_offset(g, a.groups) + part * kLanes<Isa> * 2;
    unroll<kRegisters>([&](auto r) {
      const F32 scale = load_scales<Isa, kFormat>(scales + r / kEach * a.panel_stride +
                                                  r % kEach * kLanes<Isa> * 2);
      unroll<kTokens>([&](auto t) {
        const F32 x_scale(x_scales[t / kWidth * tile + t % kWidth]);
        F32& total = acc[t * kRegisters + r];
        const auto isum = Kind::template finish<t % kUnit>(
            sums[t / kUnit * kRegisters + r], x_offsets + t / kWidth * tile + t % kWidth);
        total = fused(to_float(isum), scale * x_scale, total);
      });
    });
    unroll<kTiles>([&](auto i) { x[i] += kWidth * kGroup; });
    x_scales += kWidth;
    x_offsets += kWidth;
  }

  const int column = panel * kPanel + part * kLanes<Isa>;
  unroll<kSums>([&](auto s) {
    constexpr int r = s % kRegisters;
    const int at = column + r / kEach * kPanel + r % kEach * kLanes<Isa>;
    if (a.bias) acc[s] = acc[s] + load<Isa>(a.bias + at);
    store(a.y + std::int64_t{token + s / kRegisters} * a.y_stride + at, acc[s]);
  });
}

template <class Ints, ScaleFormat kFormat, int kPanels, int kRegisters, int kWidth, int kTiles>
[[gnu::always_inline]] inline void matmul_int_panel(const MatmulInt& a, int panel, int token) {
  for (int part = 0; part < kParts<typename Ints::Isa>; part += kRegisters)
    matmul_int_tile<Ints, kFormat, kPanels, kRegisters, kWidth, kTiles>(a, panel, part, token);
}

// The tokens from `token` on, of which there are fewer than kTile.
template <class Ints, ScaleFormat kFormat, int kPanels>
void matmul_int_rest(const MatmulInt& a, int panel, int token) {
  using Isa = typename Ints::Isa;
  constexpr int kSingle = kPanels == 1 ? Isa::kRegistersI8Single : Isa::kRegistersI8;
  static_assert(kTile == 4);
  switch (a.tokens - token) {
    case 1:
      if constexpr (ReadsPanels<typename Ints::template Kind<1>>)
        matmul_int_single<Ints, kFormat>(a, panel, panel + kPanels, token);
      else
        matmul_int_panel<Ints, kFormat, kPanels, kSingle, 1, 1>(a, panel, token);
      break;
    case 2:
      matmul_int_panel<Ints, kFormat, kPanels, Isa::kRegistersI8, 2, 1>(a, panel, token);
      break;
    case 3:
      matmul_int_panel<Ints, kFormat, kPanels, Isa::kRegistersI8, 3, 1>(a, panel, token);
      break;
    default:
      break;
  }
}

// The tokens from `token` on, as many as kTiles at once.
template <class Ints, ScaleFormat kFormat, int kPanels, int kTiles>
void matmul_int_tiles(const MatmulInt& a, int panel, int token) {
  constexpr int kTokens = kTiles * kTile, kRegisters = Ints::Isa::kRegistersI8;
  for (; token + kTokens <= a.tokens; token += kTokens)
    matmul_int_panel<Ints, kFormat, kPanels, kRegisters, kTile, kTiles>(a, panel, token);
  if constexpr (kTiles > 1)
    matmul_int_tiles<Ints, kFormat, kPanels, kTiles - 1>(a, panel, token);
  else
    matmul_int_rest<Ints, kFormat, kPanels>(a, panel, token);
}

template <class Ints, ScaleFormat kFormat>
void matmul_int_panels(const MatmulInt& a) {
  using Isa = typename Ints::Isa;
  if constexpr (ReadsPanels<typename Ints::template Kind<1>>)
    if (a.tokens == 1) return matmul_int_single<Ints, kFormat>(a, 0, a.panels, 0);
  int panel = 0;
  if constexpr (constexpr int kPanels = Isa::kPanelsI8; kPanels > 1)
    for (; a.tokens >= 2 * kTile && panel + kPanels <= a.panels; panel += kPanels)
      matmul_int_tiles<Ints, kFormat, kPanels, 1>(a, panel, 0);
  for (; panel < a.panels; ++panel) matmul_int_tiles<Ints, kFormat, 1, Isa::kTilesI8>(a, panel, 0);
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
  matmul_int<IntsOf<Isa, 8>>(a);
}

template <class Isa>
void matmul_i4(const MatmulInt& a) {
  matmul_int<IntsOf<Isa, 4>>(a);
}

}  // namespace linnet::kernels::generic
