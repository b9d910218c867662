#pragma once

#include "kernels/generic/lanes.h"
#include "kernels/kernels.h"

namespace linnet::kernels::generic {

struct Relu {
  template <class Isa>
  [[gnu::always_inline]] static Lanes<Isa> of(const Lanes<Isa>& x) {
    using L = Lanes<Isa>;
    const L zero = L::all(0.0f);
    return if_less(x, zero, zero, x + zero);  // -0 + 0 is +0
  }
};

struct Gelu {
  template <class Isa>
  [[gnu::always_inline]] static Lanes<Isa> of(const Lanes<Isa>& x) {
    using L = Lanes<Isa>;
    const L twice_normal = L::all(1.0f) + erf(x * L::all(0.70710678f));
    return (L::all(0.5f) * x) * twice_normal;
  }
};

struct GeluTanh {
  template <class Isa>
  [[gnu::always_inline]] static Lanes<Isa> of(const Lanes<Isa>& x) {
    using L = Lanes<Isa>;
    const L u = L::all(0.79788456f) * fused(L::all(0.044715f) * x, x * x, x);
    return divide(x, L::all(1.0f) + exp(L::all(-2.0f) * u));
  }
};

struct Silu {
  template <class Isa>
  [[gnu::always_inline]] static Lanes<Isa> of(const Lanes<Isa>& x) {
    return divide(x, Lanes<Isa>::all(1.0f) + exp(minus(x)));
  }
};

struct Tanh {
  template <class Isa>
  [[gnu::always_inline]] static Lanes<Isa> of(const Lanes<Isa>& x) {
    return tanh(x);
  }
};

template <class Isa, class F>
[[gnu::flatten]] void apply(float* y, const float* x, int n) {
  using L = Lanes<Isa>;
  for_lanes(n, [&](int i, auto count) { F::of(L::load(x + i, count)).store(y + i, count); });
}

template <class Isa, class F>
[[gnu::flatten]] void apply_gated(float* y, const float* gate, const float* up, int n) {
  using L = Lanes<Isa>;
  for_lanes(n, [&](int i, auto count) {
    (F::of(L::load(gate + i, count)) * L::load(up + i, count)).store(y + i, count);
  });
}

template <class Isa>
void activate(Activation f, float* y, const float* x, int n) {
  switch (f) {
    case Activation::relu:
      return apply<Isa, Relu>(y, x, n);
    case Activation::gelu:
      return apply<Isa, Gelu>(y, x, n);
    case Activation::gelu_tanh:
      return apply<Isa, GeluTanh>(y, x, n);
    case Activation::silu:
      return apply<Isa, Silu>(y, x, n);
    case Activation::tanh:
      return apply<Isa, Tanh>(y, x, n);
  }
}

template <class Isa>
void activate_gated(Activation f, float* y, const float* gate, const float* up, int n) {
  switch (f) {
    case Activation::relu:
      return apply_gated<Isa, Relu>(y, gate, up, n);
    case Activation::gelu:
      return apply_gated<Isa, Gelu>(y, gate, up, n);
    case Activation::gelu_tanh:
      return apply_gated<Isa, GeluTanh>(y, gate, up, n);
    case Activation::silu:
      return apply_gated<Isa, Silu>(y, gate, up, n);
    case Activation::tanh:
      return apply_gated<Isa, Tanh>(y, gate, up, n);
  }
}

}  // namespace linnet::kernels::generic
