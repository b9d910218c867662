#pragma once

#include "kernels/isa/neon.h"

// What the NEON instruction sets with a dot product share. A template over the instruction set, so
// that its functions carry their owner's name.
namespace linnet::kernels {

LINNET_FLOAT_KERNELS(extern, Neon)

template <class Isa>
struct NeonDotBase : NeonBase<Isa> {
  using I32 = typename NeonBase<Isa>::I32;
  using Quads = typename NeonBase<Isa>::Quads;

  struct Lanes {
    static constexpr int kUnit = 1, kSteps = 1;
    using Sums = int32x4_t;
    using Weights = Quads;
    // Quads as lanes of the 16 bytes around them; the compiler loads each register once.
    template <int kFirst, int kSecond>
    struct Inputs {
      int8x16_t around[2];
    };
    template <int kFirst, int kStep>
    static Inputs<kFirst, kFirst + kStep> inputs(const std::int8_t* x) {
      return {{vld1q_s8(x + kFirst / 4 * 16), vld1q_s8(x + (kFirst + kStep) / 4 * 16)}};
    }
    template <int kFirst, int kSecond>
    static Sums dot(Sums sums, const Weights& w, const Inputs<kFirst, kSecond>& x) {
      sums = vdotq_laneq_s32(sums, w.quad[0], x.around[0], kFirst % 4);
      return vdotq_laneq_s32(sums, w.quad[1], x.around[1], kSecond % 4);
    }
    template <int kToken>
    static I32 finish(Sums sums, const std::int32_t*) {
      return sums;
    }
  };
  struct Int8 : Lanes {
    static int32x4_t start(const std::int32_t*) { return vdupq_n_s32(0); }
    static Quads weights(const std::int8_t* w) {
      return {{vld1q_s8(w), vld1q_s8(w + kPanel * kQuad)}};
    }
    static typename NeonBase<Isa>::QuadsOfPanel panel(const std::int8_t*& w) {
      return NeonBase<Isa>::panel(w);
    }
  };
  // The weights are 8 too large.
  struct Int4 : Lanes {
    static int32x4_t start(const std::int32_t* x_offset) { return vdupq_n_s32(*x_offset >> 4); }
    static Quads weights(const std::int8_t* w) { return NeonBase<Isa>::halves(w); }
  };
};

}  // namespace linnet::kernels
