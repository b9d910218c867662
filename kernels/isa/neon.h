#pragma once

#include "kernels/isa/neon_base.h"

namespace linnet::kernels {

// NEON: every 64-bit ARM, and ARMv7 with VFPv4 (Cortex-A5, A7, A12, A15, A17).
struct Neon : NeonBase<Neon> {
  static constexpr const char* kName = "neon";
  static constexpr std::uint32_t kNeeds = cpu::kNeon;

#if defined(__aarch64__)
  // Of 32 registers: 16 sums, 4 weights, inputs. One token: 8 chains.
  static constexpr int kTokensF32 = 4, kPanelsF32 = 1, kPanelsF32Single = 2;
  // 8 rows times 4 tokens: 16 integer sums, 4 weights, inputs; the 8 float sums do not all fit, but
  // are touched once a group.
  static constexpr int kRegistersI8 = 2, kRegistersI8Single = 4, kTilesI8 = 1, kPanelsI8 = 1;
#else
  // Of 16 registers: 8 sums, 4 weights, inputs.
  static constexpr int kTokensF32 = 2, kPanelsF32 = 1, kPanelsF32Single = 2;
  // 4 rows times 4 tokens: 8 integer and 4 float sums, two quads of weights and of inputs. One
  // token: 8 rows.
  static constexpr int kRegistersI8 = 1, kRegistersI8Single = 2, kTilesI8 = 1, kPanelsI8 = 1;
#endif

#if defined(__aarch64__)
  using Repeated = int8x16_t;  // a quad, for both halves of a register of weights
#else
  using Repeated = int8x8_t;
#endif
  struct Broadcasts {
    static constexpr int kUnit = 1, kSteps = 1;
    struct Inputs {
      Repeated quad[2];
    };
    template <int kFirst, int kStep>
    static Inputs inputs(const std::int8_t* x) {
      return {{repeated<kFirst>(x), repeated<kFirst + kStep>(x)}};
    }
  };

  struct Int8 : Broadcasts {
    // Of four rows: the sums of inputs 0, 1 and of 2, 3, for rows 0, 1 and for rows 2, 3.
    struct Sums {
      int32x4_t low, high;
    };
    using Weights = Quads;
    static Sums start(const std::int32_t*) { return {vdupq_n_s32(0), vdupq_n_s32(0)}; }
    static Weights weights(const std::int8_t* w) {
      return {{vld1q_s8(w), vld1q_s8(w + kPanel * kQuad)}};
    }
    static Sums dot(Sums sums, const Weights& w, const Inputs& x) {
      const Products p = products(w, x);
      return {vpadalq_s16(sums.low, p.low), vpadalq_s16(sums.high, p.high)};
    }
    static Sums first_dot(const Weights& w, const Inputs& x) {
      const Products p = products(w, x);
      return {vpaddlq_s16(p.low), vpaddlq_s16(p.high)};
    }
#if defined(__aarch64__)
    static QuadsOfPanel panel(const std::int8_t*& w) { return NeonBase<Neon>::panel(w); }
#endif
    template <int kToken>
    static I32 finish(Sums sums, const std::int32_t*) {
      return pairs_added(sums.low, sums.high);
    }

   private:
    // Two products in 16 bits: at most 2 * 127 * 127 = 32258.
    struct Products {
      int16x8_t low, high;
    };
    static Products products(const Weights& w, const Inputs& x) {
      return {add_product_low(product_low(w.quad[0], x.quad[0]), w.quad[1], x.quad[1]),
              add_product_high(product_high(w.quad[0], x.quad[0]), w.quad[1], x.quad[1])};
    }
  };

  struct Int4 : Broadcasts {
    // Of four rows: one sum for each input of a quad, for rows 0, 1 and for rows 2, 3. All of a
    // group in 16 bits: at most 8 * 15 * 127 = 15240.
    struct Sums {
      int16x8_t low, high;
    };
    using Weights = Quads;
    static Sums start(const std::int32_t*) { return {vdupq_n_s16(0), vdupq_n_s16(0)}; }
    static Weights weights(const std::int8_t* w) { return halves(w); }
    static Sums dot(Sums sums, const Weights& w, const Inputs& x) {
      sums.low = add_product_low(sums.low, w.quad[0], x.quad[0]);
      sums.high = add_product_high(sums.high, w.quad[0], x.quad[0]);
      sums.low = add_product_low(sums.low, w.quad[1], x.quad[1]);
      sums.high = add_product_high(sums.high, w.quad[1], x.quad[1]);
      return sums;
    }
    template <int kToken>
    static I32 finish(Sums sums, const std::int32_t* x_offset) {
      return vaddq_s32(pairs_added(vpaddlq_s16(sums.low), vpaddlq_s16(sums.high)),
                       vdupq_n_s32(*x_offset >> 4));
    }
  };

 private:
  static int32x4_t pairs_added(int32x4_t low, int32x4_t high) {
#if defined(__aarch64__)
    return vpaddq_s32(low, high);
#else
    return vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                        vpadd_s32(vget_low_s32(high), vget_high_s32(high)));
#endif
  }
#if defined(__aarch64__)
  static int16x8_t product_low(int8x16_t w, Repeated x) {
    return vmull_s8(vget_low_s8(w), vget_low_s8(x));
  }
  static int16x8_t product_high(int8x16_t w, Repeated x) { return vmull_high_s8(w, x); }
  static int16x8_t add_product_low(int16x8_t sum, int8x16_t w, Repeated x) {
    return vmlal_s8(sum, vget_low_s8(w), vget_low_s8(x));
  }
  static int16x8_t add_product_high(int16x8_t sum, int8x16_t w, Repeated x) {
    return vmlal_high_s8(sum, w, x);
  }
  // Quad kIndex of x. It is a lane of the 16 bytes around it, which the compiler loads once.
  template <int kIndex>
  static Repeated repeated(const std::int8_t* x) {
    const int32x4_t around = vreinterpretq_s32_s8(vld1q_s8(x + kIndex / 4 * 16));
    return vreinterpretq_s8_s32(vdupq_laneq_s32(around, kIndex % 4));
  }
#else
  static int16x8_t product_low(int8x16_t w, Repeated x) { return vmull_s8(vget_low_s8(w), x); }
  static int16x8_t product_high(int8x16_t w, Repeated x) { return vmull_s8(vget_high_s8(w), x); }
  static int16x8_t add_product_low(int16x8_t sum, int8x16_t w, Repeated x) {
    return vmlal_s8(sum, vget_low_s8(w), x);
  }
  static int16x8_t add_product_high(int16x8_t sum, int8x16_t w, Repeated x) {
    return vmlal_s8(sum, vget_high_s8(w), x);
  }
  // Quad kIndex of x. It is a lane of the 8 bytes around it, which the compiler loads once.
  template <int kIndex>
  static Repeated repeated(const std::int8_t* x) {
    const int32x2_t around = vreinterpret_s32_s8(vld1_s8(x + kIndex / 2 * 8));
    return vreinterpret_s8_s32(vdup_lane_s32(around, kIndex % 2));
  }
#endif
};

}  // namespace linnet::kernels
