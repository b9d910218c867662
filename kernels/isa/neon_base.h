#pragma once

#include <cstring>

#include "kernels/isa/table.h"

// What every NEON instruction set shares. A template over the instruction set, so that its
// functions carry their owner's name.
namespace linnet::kernels {

template <class Isa>
struct NeonBase {
#if defined(__aarch64__)
  using Arch = xsimd::neon64;
#else
  using Arch = xsimd::neon;
#endif
  using F32 = xsimd::batch<float, Arch>;
  using I32 = xsimd::batch<std::int32_t, Arch>;

  static constexpr int kAhead = 0;

  static F32 load_f16(const std::uint16_t* from) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from)));
  }
  static void store_f16(std::uint16_t* to, F32 v) {
    vst1_u16(to, vreinterpret_u16_f16(vcvt_f16_f32(v)));
  }
  static F32 load_bf16(const std::uint16_t* from) {
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(from), 16));
  }
  static void store_i8(std::int8_t* to, I32 v) {
    const int16x4_t words = vqmovn_s32(v);
    const int8x8_t bytes = vqmovn_s16(vcombine_s16(words, words));
    const std::int32_t quad = vget_lane_s32(vreinterpret_s32_s8(bytes), 0);
    std::memcpy(to, &quad, sizeof quad);
  }
#if defined(__aarch64__)
  // The bytes go to the tops of words, and 24 bits of the words count as fraction. The registers of
  // one panel share a load.
  template <int kPart>
  static F32 load_i8(const std::int8_t* panel) {
    constexpr std::uint8_t kFirst = kPart * 4, kZero = 255;  // no byte: 0
    constexpr uint8x16_t kBytes = {kZero, kZero,      kZero, kFirst,    kZero, kZero,
                                   kZero, kFirst + 1, kZero, kZero,     kZero, kFirst + 2,
                                   kZero, kZero,      kZero, kFirst + 3};
    return vcvtq_n_f32_s32(vreinterpretq_s32_s8(vqtbl1q_s8(vld1q_s8(panel), kBytes)), 24);
  }
#else
  template <int kPart>
  static F32 load_i8(const std::int8_t* panel) {
    const int16x8_t words = vmovl_s8(vld1_s8(panel + kPart / 2 * 8));
    return vcvtq_f32_s32(vmovl_s16(kPart % 2 == 0 ? vget_low_s16(words) : vget_high_s16(words)));
  }
#endif

  // Two quads of four rows.
  struct Quads {
    int8x16_t quad[2];
  };
#if defined(__aarch64__)
  // Of all rows of a panel, at w, which moves on to the next.
  struct QuadsOfPanel {
    Quads part[kPanel / 4];
  };
  static QuadsOfPanel panel(const std::int8_t*& w) {
    const int8x16x4_t first = four(w), second = four(w);
    return {{{{first.val[0], second.val[0]}},
             {{first.val[1], second.val[1]}},
             {{first.val[2], second.val[2]}},
             {{first.val[3], second.val[3]}}}};
  }
  // The scales of all rows of a panel.
  struct ScalesOfPanel {
    float32x4_t part[kPanel / 4];
  };
  template <ScaleFormat kFormat>
  static ScalesOfPanel panel_scales(const std::uint16_t* from) {
    const uint16x8_t low = vld1q_u16(from), high = vld1q_u16(from + 8);
    if constexpr (kFormat == ScaleFormat::bf16) {
      return {{vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(low), 16)),
               vreinterpretq_f32_u32(vshll_high_n_u16(low, 16)),
               vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(high), 16)),
               vreinterpretq_f32_u32(vshll_high_n_u16(high, 16))}};
    } else {
      const float16x8_t low16 = vreinterpretq_f16_u16(low), high16 = vreinterpretq_f16_u16(high);
      return {{vcvt_f32_f16(vget_low_f16(low16)), vcvt_high_f32_f16(low16),
               vcvt_f32_f16(vget_low_f16(high16)), vcvt_high_f32_f16(high16)}};
    }
  }
  // One instruction with the step. GCC 12 would rather compute each address for itself, unless it
  // does not see that they are steps of one.
  static int8x16x4_t four(const std::int8_t*& from) {
    const int8x16x4_t registers = vld1q_s8_x4(from);
    from += 64;
    asm("" : "+r"(from));
    return registers;
  }
#endif
  // int4 weights as they are stored, in [0, 15].
  static Quads halves(const std::int8_t* w) {
    const uint8x16_t both = vreinterpretq_u8_s8(vld1q_s8(w));
    return {{vreinterpretq_s8_u8(vandq_u8(both, vdupq_n_u8(15))),
             vreinterpretq_s8_u8(vshrq_n_u8(both, 4))}};
  }
};

}  // namespace linnet::kernels
