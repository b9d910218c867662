#pragma once

#include <algorithm>

#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"
#include "kernels/simd.h"

// Float and half-precision weights. Each output is one chain of fma along the inputs, so speed
// comes from many outputs at once: a tile of kPanels panels times kTokens tokens in registers.
namespace linnet::kernels::generic {

template <class Isa>
[[gnu::always_inline]] inline Batch<float, Isa> load_weights(const float* w) {
  return Batch<float, Isa>::load_aligned(w);
}
template <class Isa>
[[gnu::always_inline]] inline Batch<float, Isa> load_weights(const std::uint16_t* w) {
  return Isa::load_f16(w);
}

template <class Isa, class W, int kPanels, int kTokens>
[[gnu::flatten]] void matmul_tile(const Matmul<W>& a, int panel, int token) {
  using F32 = Batch<float, Isa>;
  constexpr int kRegisters = kPanels * kParts<Isa>;  // of one token
  const auto* first = reinterpret_cast<const std::byte*>(a.w) + panel * a.panel_stride;
  const W* w[kPanels];
  unroll<kPanels>([&](auto p) { w[p] = reinterpret_cast<const W*>(first + p * a.panel_stride); });
  const float* x[kTokens];
  unroll<kTokens>([&](auto t) { x[t] = a.x + std::int64_t{token + t} * a.x_stride; });

  F32 acc[kTokens * kRegisters];
  unroll<kTokens * kRegisters>([&](auto r) { acc[r] = F32(0.0f); });
  for (int i = 0; i < a.in; ++i) {
    F32 weights[kRegisters];
    unroll<kRegisters>([&](auto r) {
      constexpr int kPart = r % kParts<Isa>;
      weights[r] =
          load_weights<Isa>(w[r / kParts<Isa>] + std::int64_t{i} * kPanel + kPart * kLanes<Isa>);
    });
    unroll<kTokens>([&](auto t) {
      const F32 input(x[t][i]);
      unroll<kRegisters>([&](auto r) {
        acc[t * kRegisters + r] = fused(weights[r], input, acc[t * kRegisters + r]);
      });
    });
  }
  unroll<kTokens * kRegisters>([&](auto r) {
    const int column = panel * kPanel + r % kRegisters * kLanes<Isa>;
    if (a.bias) acc[r] = acc[r] + load<Isa>(a.bias + column);
    store(a.y + std::int64_t{token + r / kRegisters} * a.y_stride + column, acc[r]);
  });
}

// The last tokens, fewer than kTokens.
template <class Isa, class W, int kPanels, int kTokens>
void matmul_rest(const Matmul<W>& a, int panel, int token) {
  if constexpr (kTokens > 1) {
    if (a.tokens - token < kTokens)
      return matmul_rest<Isa, W, kPanels, kTokens - 1>(a, panel, token);
    matmul_tile<Isa, W, kPanels, kTokens>(a, panel, token);
  } else if (token < a.tokens) {
    matmul_tile<Isa, W, kPanels, 1>(a, panel, token);
  }
}

template <class Isa, class W, int kPanels>
int matmul_panels(const Matmul<W>& a, int panel) {
  for (; panel + kPanels <= a.panels; panel += kPanels) {
    int token = 0;
    for (; token + Isa::kTokensF32 <= a.tokens; token += Isa::kTokensF32)
      matmul_tile<Isa, W, kPanels, Isa::kTokensF32>(a, panel, token);
    matmul_rest<Isa, W, kPanels, Isa::kTokensF32 - 1>(a, panel, token);
  }
  return panel;
}

template <class Isa, class W>
void matmul(const Matmul<W>& a) {
  int panel = 0;
  if (a.tokens == 1) {
    for (; panel + Isa::kPanelsF32Single <= a.panels; panel += Isa::kPanelsF32Single)
      matmul_tile<Isa, W, Isa::kPanelsF32Single, 1>(a, panel, 0);
  }
  if constexpr (Isa::kPanelsF32 > 1) panel = matmul_panels<Isa, W, Isa::kPanelsF32>(a, panel);
  matmul_panels<Isa, W, 1>(a, panel);
}

template <class Isa>
void matmul_f32(const MatmulF32& a) {
  matmul<Isa>(a);
}
template <class Isa>
void matmul_f16(const MatmulF16& a) {
  matmul<Isa>(a);
}

}  // namespace linnet::kernels::generic
