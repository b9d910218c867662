#include "kernels/isa/neon_base.h"

namespace linnet::kernels {

// NEON with the int8 dot product of ARMv8.2: Cortex-A55, A75, A76 and later.
struct NeonDot : NeonBase<NeonDot> {
  static constexpr const char* kName = "neondot";
  static constexpr std::uint32_t kNeeds = cpu::kNeon | cpu::kDotProd;

  // Of 32 registers: 16 sums, 4 weights, inputs. One token: 8 chains.
  static constexpr int kTokensF32 = 4, kPanelsF32 = 1, kPanelsF32Single = 2;
  // 8 rows times 4 tokens: 8 integer and 8 float sums, 4 weights, inputs by lane.
  static constexpr int kRegistersI8 = 2, kRegistersI8Single = 4, kTilesI8 = 1;

  // Quads as lanes of the 16 bytes around them; the compiler loads each register once.
  template <int kFirst, int kSecond>
  struct Inputs {
    int8x16_t around[2];
  };
  template <int kFirst, int kSecond>
  static Inputs<kFirst, kSecond> inputs(const std::int8_t* x) {
    return {{vld1q_s8(x + kFirst / 4 * 16), vld1q_s8(x + kSecond / 4 * 16)}};
  }

  struct Lanes {
    using Sums = int32x4_t;
    using Weights = Quads;
    template <int kFirst, int kSecond>
    static Sums dot(Sums sums, const Weights& w, const Inputs<kFirst, kSecond>& x) {
      sums = vdotq_laneq_s32(sums, w.quad[0], x.around[0], kFirst % 4);
      return vdotq_laneq_s32(sums, w.quad[1], x.around[1], kSecond % 4);
    }
    static I32 finish(Sums sums, const std::int32_t*) { return sums; }
  };
  struct Int8 : Lanes {
    static Sums start(const std::int32_t*) { return vdupq_n_s32(0); }
    static Weights weights(const std::int8_t* w) {
      return {{vld1q_s8(w), vld1q_s8(w + kPanel * kQuad)}};
    }
  };
  // The weights are 8 too large.
  struct Int4 : Lanes {
    static Sums start(const std::int32_t* x_offset) { return vdupq_n_s32(*x_offset >> 4); }
    static Weights weights(const std::int8_t* w) { return halves(w); }
  };
};

constinit const Table table_neondot = table_of<NeonDot>();

}  // namespace linnet::kernels
