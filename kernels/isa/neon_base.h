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

  // Two quads of four rows.
  struct Quads {
    int8x16_t quad[2];
  };
  // int4 weights as they are stored, in [0, 15].
  static Quads halves(const std::int8_t* w) {
    const uint8x16_t both = vreinterpretq_u8_s8(vld1q_s8(w));
    return {{vreinterpretq_s8_u8(vandq_u8(both, vdupq_n_u8(15))),
             vreinterpretq_s8_u8(vshrq_n_u8(both, 4))}};
  }
};

}  // namespace linnet::kernels
