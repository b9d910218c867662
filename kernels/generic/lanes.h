#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "kernels/generic/math.h"
#include "kernels/generic/unroll.h"
#include "kernels/simd.h"

// The kPanel lanes of the contract (kernels/kernels.h) as a value, whatever the width of a
// register, so that kernels read like their formulas.
namespace linnet::kernels::generic {

// How kernels/generic/math.h computes with a register of floats.
template <class Isa>
struct BatchOps {
  using Number = Batch<float, Isa>;
  using Bits = Batch<std::uint32_t, Isa>;
  [[gnu::always_inline]] static Bits bits(Number x) { return lanes_of<std::uint32_t>(x); }
  [[gnu::always_inline]] static Number number(Bits x) { return lanes_of<float>(x); }
  [[gnu::always_inline]] static Number fused(Number a, Number b, Number c) {
    return kernels::fused(a, b, c);
  }
  [[gnu::always_inline]] static Number divide(Number a, Number b) { return kernels::divide(a, b); }
  [[gnu::always_inline]] static Number if_less(Number a, Number b, Number x, Number y) {
    return xsimd::select(a < b, x, y);
  }
};

// How many lanes of a Lanes count: all of them, known at compile time, or an int.
using Whole = std::integral_constant<int, kPanel>;

template <class Isa>
struct Lanes {
  using F32 = Batch<float, Isa>;
  static constexpr int kCount = kParts<Isa>;
  static constexpr int kWidth = kLanes<Isa>;
  F32 part[kCount];  // lane i is part[i / kWidth][i % kWidth]

  // Part p is f(p), with p a constant. (A loop would make GCC 12 keep the parts in memory.)
  template <class F>
  [[gnu::always_inline]] static Lanes make(F f) {
    return make(f, std::make_integer_sequence<int, kCount>{});
  }
  template <class F, int... kPart>
  [[gnu::always_inline]] static Lanes make(F f, std::integer_sequence<int, kPart...>) {
    return {{f(std::integral_constant<int, kPart>{})...}};
  }
  [[gnu::always_inline]] static Lanes all(float value) {
    return make([&](auto) { return F32(value); });
  }
  [[gnu::always_inline]] static Lanes load(const float* from, Whole = {}, float = 0.0f) {
    return make([&](auto p) { return kernels::load<Isa>(from + p * kWidth); });
  }
  // The first `count` lanes from memory, the others `fill`.
  [[gnu::always_inline]] static Lanes load(const float* from, int count, float fill = 0.0f) {
    alignas(kAlignment) float lanes[kPanel];
    for (int i = 0; i < kPanel; ++i) lanes[i] = i < count ? from[i] : fill;
    return load(lanes);
  }
  [[gnu::always_inline]] void store(float* to, Whole = {}) const {
    unroll<kCount>([&](auto p) { kernels::store(to + p * kWidth, part[p]); });
  }
  [[gnu::always_inline]] void store(float* to, int count) const {
    alignas(kAlignment) float lanes[kPanel];
    store(lanes);
    for (int i = 0; i < count; ++i) to[i] = lanes[i];
  }

  // Part by part.
  [[gnu::always_inline]] friend Lanes operator+(const Lanes& a, const Lanes& b) {
    return make([&](auto p) { return a.part[p] + b.part[p]; });
  }
  [[gnu::always_inline]] friend Lanes operator-(const Lanes& a, const Lanes& b) {
    return make([&](auto p) { return a.part[p] - b.part[p]; });
  }
  [[gnu::always_inline]] friend Lanes operator*(const Lanes& a, const Lanes& b) {
    return make([&](auto p) { return a.part[p] * b.part[p]; });
  }
  [[gnu::always_inline]] friend Lanes fused(const Lanes& a, const Lanes& b, const Lanes& c) {
    return make([&](auto p) { return kernels::fused(a.part[p], b.part[p], c.part[p]); });
  }
  [[gnu::always_inline]] friend Lanes divide(const Lanes& a, const Lanes& b) {
    return make([&](auto p) { return kernels::divide(a.part[p], b.part[p]); });
  }
  [[gnu::always_inline]] friend Lanes greater_of(const Lanes& a, const Lanes& b) {
    return make([&](auto p) { return kernels::greater_of(a.part[p], b.part[p]); });
  }
  // a < b ? x : y
  [[gnu::always_inline]] friend Lanes if_less(const Lanes& a, const Lanes& b, const Lanes& x,
                                              const Lanes& y) {
    return make(
        [&](auto p) { return BatchOps<Isa>::if_less(a.part[p], b.part[p], x.part[p], y.part[p]); });
  }
  [[gnu::always_inline]] friend Lanes minus(const Lanes& a) {
    using Bits = typename BatchOps<Isa>::Bits;
    return make([&](auto p) {
      return lanes_of<float>(lanes_of<std::uint32_t>(a.part[p]) ^ Bits(0x80000000u));
    });
  }

  [[gnu::always_inline]] friend float tree(const Lanes& a) { return kernels::tree(a.part); }
};

// The lanes of v in the order i ^ kStep.
template <int kStep, class F32, int... kIndex>
[[gnu::always_inline]] inline F32 swapped(F32 v, std::integer_sequence<int, kIndex...>) {
  const typename F32::register_type r = v;
  return F32(__builtin_shufflevector(r, r, (kIndex ^ kStep)...));
}
template <int kStep, class F32>
[[gnu::always_inline]] inline F32 largest_within(F32 v) {
  if constexpr (kStep == 0) {
    return v;
  } else {
    constexpr auto kOrder = std::make_integer_sequence<int, static_cast<int>(F32::size)>{};
    return largest_within<kStep / 2>(greater_of(v, swapped<kStep>(v, kOrder)));
  }
}
// The largest lane; NaNs may be passed over.
template <class Isa>
[[gnu::always_inline]] inline float largest(const Lanes<Isa>& a) {
  auto top = a.part[0];
  for (int p = 1; p < kParts<Isa>; ++p) top = greater_of(top, a.part[p]);
  const typename Batch<float, Isa>::register_type all = largest_within<kLanes<Isa> / 2>(top);
  return all[0];
}

// f(i, count) for i = 0, kPanel, 2 kPanel ... below n; count says how many lanes begin there:
// Whole, but for a last int.
template <class F>
[[gnu::always_inline]] inline void for_lanes(int n, F f) {
  int i = 0;
  for (; i <= n - kPanel; i += kPanel) f(i, Whole{});
  if (i < n) f(i, n - i);
}

template <class Isa>
[[gnu::always_inline]] inline Lanes<Isa> exp(const Lanes<Isa>& x) {
  return Lanes<Isa>::make([&](auto p) { return exponential<BatchOps<Isa>>(x.part[p]); });
}
template <class Isa>
[[gnu::always_inline]] inline float exp_of(float x) {
  const typename Batch<float, Isa>::register_type all =
      exponential<BatchOps<Isa>>(Batch<float, Isa>(x));
  return all[0];
}
template <class Isa>
[[gnu::always_inline]] inline Lanes<Isa> erf(const Lanes<Isa>& x) {
  return Lanes<Isa>::make([&](auto p) { return error_function<BatchOps<Isa>>(x.part[p]); });
}
template <class Isa>
[[gnu::always_inline]] inline Lanes<Isa> tanh(const Lanes<Isa>& x) {
  return Lanes<Isa>::make([&](auto p) { return hyperbolic_tangent<BatchOps<Isa>>(x.part[p]); });
}

}  // namespace linnet::kernels::generic
