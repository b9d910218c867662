#include "kernels/isa/neondot_base.h"

namespace linnet::kernels {

// NEON with the int8 matrix product of ARMv8.6: Cortex-A510, A710, X2, Neoverse N2 and later.
struct NeonI8mm : NeonDotBase<NeonI8mm> {
  static constexpr const char* kName = "neoni8mm";
  static constexpr std::uint32_t kNeeds = cpu::kNeon | cpu::kDotProd | cpu::kI8mm;

  // 8 rows times 8 tokens: 16 integer sums, 4 weights, inputs; the 16 float sums do not fit, but
  // are touched once a group. Odd numbers of tokens go by dot products.
  static constexpr int kRegistersI8 = 2, kRegistersI8Single = 4, kTilesI8 = 2, kPanelsI8 = 1;

  // smmla multiplies two rows of eight inputs by two tokens of the same.
  struct Matrices {
    static constexpr int kUnit = 2, kSteps = 1;
    // Rows 0, 1 and rows 2, 3: of each the sum for one token, then for the next.
    struct Sums {
      int32x4_t low, high;
    };
    // Eight inputs of rows 0, 1 and of rows 2, 3.
    struct Weights {
      int8x16_t low, high;
    };
    // Eight inputs of two tokens.
    using Inputs = int8x16_t;

    template <int kFirst, int kStep>
    static Inputs inputs(const std::int8_t* x) {
      static_assert(kStep == 2 || kStep == 4);
      if constexpr (kStep == 4) {  // of four tokens: a half of 16 bytes, and one of the next 16
        const int32x4_t first = words(x + kFirst / 4 * 16),
                        second = words(x + kFirst / 4 * 16 + 16);
        return vreinterpretq_s8_s32(kFirst % 4 == 0 ? vzip1q_s32(first, second)
                                                    : vzip2q_s32(first, second));
      } else {
        const int32x4_t both = words(x + kFirst * kQuad);
        const int32x2x2_t zipped = vzip_s32(vget_low_s32(both), vget_high_s32(both));
        return vreinterpretq_s8_s32(vcombine_s32(zipped.val[0], zipped.val[1]));
      }
    }
    static Sums dot(Sums sums, const Weights& w, const Inputs& x) {
      return {vmmlaq_s32(sums.low, w.low, x), vmmlaq_s32(sums.high, w.high, x)};
    }
    template <int kToken>
    static I32 finish(Sums sums, const std::int32_t*) {
      return kToken == 0 ? vuzp1q_s32(sums.low, sums.high) : vuzp2q_s32(sums.low, sums.high);
    }

    static Weights zipped(const Quads& quads) {
      const int32x4_t first = vreinterpretq_s32_s8(quads.quad[0]),
                      second = vreinterpretq_s32_s8(quads.quad[1]);
      return {vreinterpretq_s8_s32(vzip1q_s32(first, second)),
              vreinterpretq_s8_s32(vzip2q_s32(first, second))};
    }
    static int32x4_t words(const std::int8_t* from) { return vreinterpretq_s32_s8(vld1q_s8(from)); }
  };
  struct Int8Pairs : Matrices {
    static Sums start(const std::int32_t*) { return {vdupq_n_s32(0), vdupq_n_s32(0)}; }
    static Weights weights(const std::int8_t* w) { return zipped(Int8::weights(w)); }
  };
  // The weights are 8 too large.
  struct Int4Pairs : Matrices {
    static Sums start(const std::int32_t* x_offset) {
      const int32x2_t offsets = vshr_n_s32(vld1_s32(x_offset), 4);
      const int32x4_t both = vcombine_s32(offsets, offsets);
      return {both, both};
    }
    static Weights weights(const std::int8_t* w) { return zipped(Int4::weights(w)); }
  };
};

constinit const Table table_neoni8mm = table_of<NeonI8mm, Neon>();

}  // namespace linnet::kernels
