#pragma once

#include "kernels/generic/fetch.h"
#include "kernels/generic/matmul_int.h"
#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

// The most that an instruction set does: its multiplications without the loads, the scales and the
// stores of a product of matrices.
namespace linnet::kernels::generic {

// The compiler has to make what stands at `at`, and cannot know what stands there afterwards.
[[gnu::always_inline]] inline void touch(void* at) { asm volatile("" : : "r"(at) : "memory"); }

// 32 vector registers instead of 16.
template <class Isa>
inline constexpr bool kManyRegisters =
#if defined(__aarch64__)
    true;
#else
    kLanes<Isa> == 16;
#endif

// Sums side by side, kRows times kColumns: chains enough to hide the latency of two units with five
// cycles each, where there are registers for them.
template <class Isa, int kRegistersOfSum>
struct PeakTile {
  static constexpr int kRows = (kManyRegisters<Isa> ? 4 : 2) / kRegistersOfSum;
  static constexpr int kColumns = kManyRegisters<Isa> ? 3 : kRegistersOfSum == 1 ? 5 : 4;
  static constexpr int kSums = kRows * kColumns;
};

// The weights stay in registers. The inputs are loaded in each round: otherwise the products of
// instruction sets without a dot product could be taken out of the loop.
template <class Ints>
[[gnu::flatten]] std::int64_t peak_int(int rounds) {
  using Isa = typename Ints::Isa;
  using Kind = typename Ints::template Kind<kTile>;
  using Sums = typename Kind::Sums;
  using I32 = Batch<std::int32_t, Isa>;
  using Tile = PeakTile<Isa, static_cast<int>(sizeof(Sums) / sizeof(I32))>;
  constexpr int kUnit = Kind::kUnit;
  constexpr int kPairBytes = Ints::kLayout.group_bytes() / (kGroup / kQuad / 2);
  alignas(kAlignment) std::int8_t w[Tile::kRows * kPairBytes], x[kGroup * kTile];
  for (int i = 0; i < Tile::kRows * kPairBytes; ++i) w[i] = static_cast<std::int8_t>(i % 5);
  for (int i = 0; i < kGroup * kTile; ++i) x[i] = static_cast<std::int8_t>(i % 7 - 3);
  std::int32_t offsets[kTile] = {};
  touch(w);
  touch(offsets);

  Sums sums[Tile::kSums];
  unroll<Tile::kSums>([&](auto s) { sums[s] = Kind::start(offsets); });
  typename Kind::Weights weights[Tile::kRows];
  unroll<Tile::kRows>([&](auto r) {
    weights[r] =
        Kind::weights(w + r / kParts<Isa> * kPairBytes + r % kParts<Isa> * kLanes<Isa> * kQuad);
  });
  for (int round = 0; round < rounds; ++round) {
    touch(x);
    unroll<Kind::kSteps>([&](auto step) {
      unroll<Tile::kColumns>([&](auto c) {
        constexpr int t = c * kUnit, kFirst = t / kTile * 2 * kTile + t % kTile;
        const auto inputs = Kind::template inputs<kFirst, kTile>(x);
        unroll<Tile::kRows>([&](auto r) {
          Sums& sum = sums[c * Tile::kRows + r];
          sum = dot<Kind, step>(sum, weights[r], inputs);
        });
      });
    });
  }
  alignas(kAlignment) std::int32_t out[kPanel];
  I32 total(0);
  unroll<Tile::kSums>(
      [&](auto s) { total = total + I32(Kind::template finish<0>(sums[s], offsets)); });
  total.store_aligned(out);
  touch(out);
  return std::int64_t{2} * rounds * Tile::kSums * kUnit * kLanes<Isa> * 2 * kQuad;
}

template <class Isa>
std::int64_t peak_i8(int rounds) {
  return peak_int<IntsOf<Isa, 8>>(rounds);
}
template <class Isa>
std::int64_t peak_i4(int rounds) {
  return peak_int<IntsOf<Isa, 4>>(rounds);
}

template <class Isa>
[[gnu::flatten]] std::int64_t peak_f32(int rounds) {
  using F32 = Batch<float, Isa>;
  using Tile = PeakTile<Isa, 1>;
  alignas(kAlignment) float w[Tile::kRows * kPanel], x[kPanel], out[kPanel];
  for (int i = 0; i < Tile::kRows * kPanel; ++i) w[i] = static_cast<float>(i % 5 + 1);
  for (int i = 0; i < kPanel; ++i) x[i] = static_cast<float>(i % 7 - 3);
  touch(w);

  F32 sums[Tile::kSums], weights[Tile::kRows];
  unroll<Tile::kSums>([&](auto s) { sums[s] = F32(0.0f); });
  unroll<Tile::kRows>([&](auto r) { weights[r] = F32::load_aligned(w + r * kPanel); });
  for (int round = 0; round < rounds; ++round) {
    touch(x);
    unroll<Tile::kColumns>([&](auto c) {
      const F32 input(x[c]);
      unroll<Tile::kRows>([&](auto r) {
        sums[c * Tile::kRows + r] = fused(weights[r], input, sums[c * Tile::kRows + r]);
      });
    });
  }
  F32 total(0.0f);
  unroll<Tile::kSums>([&](auto s) { total = total + sums[s]; });
  total.store_aligned(out);
  touch(out);
  return std::int64_t{2} * rounds * Tile::kSums * kLanes<Isa>;
}

// Fetches ahead as the products with one token do.
template <class Isa>
[[gnu::flatten]] std::uint32_t read(const std::byte* from, std::int64_t blocks) {
  using I32 = Batch<std::int32_t, Isa>;
  constexpr int kBytes = kLanes<Isa> * 4, kLoads = kReadBlock / kBytes, kSums = 4;
  I32 sums[kSums];
  unroll<kSums>([&](auto s) { sums[s] = I32(0); });
  for (; blocks > 0; --blocks, from += kReadBlock) {
    if constexpr (Isa::kAhead > 0)
      if (Isa::kAheadTokens == 1) fetch<kReadBlock>(from + Isa::kAhead);
    unroll<kLoads>([&](auto i) {
      const auto* at = reinterpret_cast<const std::int32_t*>(from + i * kBytes);
      sums[i % kSums] = sums[i % kSums] + I32::load_aligned(at);
    });
  }
  alignas(kAlignment) std::uint32_t lanes[kLanes<Isa>];
  ((sums[0] + sums[1]) + (sums[2] + sums[3])).store_aligned(reinterpret_cast<std::int32_t*>(lanes));
  std::uint32_t total = 0;
  for (const std::uint32_t lane : lanes) total += lane;
  return total;
}

}  // namespace linnet::kernels::generic
