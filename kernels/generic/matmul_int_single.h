#pragma once

#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

// One token, a whole panel at once and its blocks in order: everything that is read of it is one
// stream. For instruction sets whose kind of weights (matmul_int.h) also has
//   panel(w)                two quads of all rows of a panel, as weights() of each register of rows
//                           in an array `part`; w moves on to the next two
//   first_dot(weights, inputs)  optional: dot() of an empty group
// and that also have
//   panel_scales(from)      the scales of all rows of a panel, in an array `part`
namespace linnet::kernels::generic {

template <class Kind>
concept ReadsPanels = requires(const std::int8_t* w) {
  Kind::panel(w);
};
template <class Kind>
concept KnowsFirst = requires(typename Kind::Weights w, typename Kind::Inputs x) {
  Kind::first_dot(w, x);
};

template <class Isa>
using Registers = std::make_integer_sequence<int, kParts<Isa>>;

// Pack expansions instead of unroll(): GCC 12 leaves calls of its lambdas where a function inlined
// more than once has them.
template <class Kind, int kPair, int... kRegister>
[[gnu::always_inline]] inline void add_pair(typename Kind::Sums (&sums)[sizeof...(kRegister)],
                                            const std::int8_t*& w, const std::int8_t* x,
                                            std::integer_sequence<int, kRegister...>) {
  const auto panel = Kind::panel(w);
  const auto inputs = Kind::template inputs<2 * kPair, 1>(x);
  if constexpr (kPair == 0 && KnowsFirst<Kind>)
    ((sums[kRegister] = Kind::first_dot(panel.part[kRegister], inputs)), ...);
  else
    ((sums[kRegister] = Kind::dot(sums[kRegister], panel.part[kRegister], inputs)), ...);
}

template <class Isa, class Kind, int... kPair>
[[gnu::always_inline]] inline void add_pairs(typename Kind::Sums (&sums)[kParts<Isa>],
                                             const std::int8_t*& w, const std::int8_t* x,
                                             std::integer_sequence<int, kPair...>) {
  (add_pair<Kind, kPair>(sums, w, x, Registers<Isa>()), ...);
}

// acc[r] + one group, whose weights are at w, for all registers r of rows. Its scales are that many
// bytes behind its weights, and w moves on to where those end.
template <class Isa, class Kind, ScaleFormat kFormat, int kScalesBehind, int... kRegister>
[[gnu::always_inline]] inline void add_group(Batch<float, Isa> (&acc)[kParts<Isa>],
                                             const std::int8_t*& w, const std::int8_t* x,
                                             const float* x_at, const std::int32_t* x_offset,
                                             std::integer_sequence<int, kRegister...>) {
  typename Kind::Sums sums[kParts<Isa>] = {(void(kRegister), Kind::start(x_offset))...};
  add_pairs<Isa, Kind>(sums, w, x, std::make_integer_sequence<int, kGroup / kQuad / 2>());
  const Batch<float, Isa> x_scale(*x_at);
  const auto scales = Isa::template panel_scales<kFormat>(
      reinterpret_cast<const std::uint16_t*>(w + kScalesBehind));
  ((acc[kRegister] = fused(
        to_float(Batch<std::int32_t, Isa>(Kind::template finish<0>(sums[kRegister], x_offset))),
        Batch<float, Isa>(scales.part[kRegister]) * x_scale, acc[kRegister])),
   ...);
}

// That token times the panels [panel, end).
template <class Ints, ScaleFormat kFormat>
[[gnu::flatten]] void matmul_int_single(const MatmulInt& a, int panel, int end, int token) {
  using Isa = typename Ints::Isa;
  using Kind = typename Ints::template Kind<1>;
  constexpr GroupedLayout kLayout = Ints::kLayout;
  constexpr int kBytes = kLayout.group_bytes();
  const std::int64_t first = std::int64_t{token} * a.groups;
  const int blocks = a.groups / 2;
  const std::byte* rows = a.w + panel * a.panel_stride;
  const float* bias = a.bias ? a.bias + std::int64_t{panel} * kPanel : nullptr;
  float* y = a.y + std::int64_t{token} * a.y_stride + std::int64_t{panel} * kPanel;

  for (; panel < end; ++panel, rows += a.panel_stride, y += kPanel) {
    const auto* w = reinterpret_cast<const std::int8_t*>(rows);
    const std::int8_t* x = a.x + first * kGroup;
    const float* x_scales = a.x_scales + first;
    const std::int32_t* x_offsets = a.x_offsets + first;
    Batch<float, Isa> acc[kParts<Isa>];
    unroll<kParts<Isa>>([&](auto r) { acc[r] = Batch<float, Isa>(0.0f); });
    for (int b = 0; b < blocks; ++b) {
      add_group<Isa, Kind, kFormat, kLayout.scale_offset(0, 2) - kBytes>(
          acc, w, x, x_scales, x_offsets, Registers<Isa>());
      add_group<Isa, Kind, kFormat, kLayout.scale_offset(1, 2) - 2 * kBytes>(
          acc, w, x + kGroup, x_scales + 1, x_offsets + 1, Registers<Isa>());
      w += kLayout.block_bytes() - 2 * kBytes;
      x += 2 * kGroup, x_scales += 2, x_offsets += 2;
    }
    if (a.groups % 2 == 1)
      add_group<Isa, Kind, kFormat, kLayout.scale_offset(0, 1) - kBytes>(
          acc, w, x, x_scales, x_offsets, Registers<Isa>());

    if (bias) {
      unroll<kParts<Isa>>([&](auto r) { acc[r] = acc[r] + load<Isa>(bias + r * kLanes<Isa>); });
      bias += kPanel;
    }
    unroll<kParts<Isa>>([&](auto r) { store(y + r * kLanes<Isa>, acc[r]); });
  }
}

}  // namespace linnet::kernels::generic
