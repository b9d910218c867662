#pragma once

#include "kernels/isa/avx2_base.h"

namespace linnet::kernels {

// AVX2 with FMA and F16C: Intel since Haswell (2013), AMD since Zen (2017).
struct Avx2 : Avx2Base<Avx2> {
  static constexpr const char* kName = "avx2";
  static constexpr std::uint32_t kNeeds = cpu::kAvx2 | cpu::kFma | cpu::kF16c;

  // 4 integer and 4 float sums, two quads of weights and their absolute values, ones, an input.
  static constexpr int kRegistersI8 = 1, kRegistersI8Single = 2, kTilesI8 = 1, kLeastTilesI8 = 1,
                       kPanelsI8 = 1;

  struct Int8 : Broadcasts {
    using Sums = __m256i;
    struct Weights {
      __m256i quad[2], positive[2];
    };
    static Sums start(const std::int32_t*) { return _mm256_setzero_si256(); }
    static Weights weights(const std::int8_t* w) {
      const __m256i a = load_bytes(w), b = load_bytes(w + kPanel * kQuad);
      return {{a, b}, {_mm256_abs_epi8(a), _mm256_abs_epi8(b)}};
    }
    // maddubs adds two products in 16 bits: at most 2 * 127 * 127 = 32258.
    static Sums dot(Sums sums, const Weights& w, const Inputs& x) {
      for (int i = 0; i < 2; ++i) {
        const __m256i pairs =
            _mm256_maddubs_epi16(w.positive[i], _mm256_sign_epi8(x.quad[i], w.quad[i]));
        sums = _mm256_add_epi32(sums, pairs_added(pairs));
      }
      return sums;
    }
    template <int kToken>
    static I32 finish(Sums sums, const std::int32_t*) {
      return sums;
    }
  };

  // All of a group in 16 bits: at most 8 quads * 2 * 15 * 127 = 30480.
  struct Int4 : Broadcasts {
    using Sums = __m256i;
    using Weights = Quads;
    static Sums start(const std::int32_t*) { return _mm256_setzero_si256(); }
    static Weights weights(const std::int8_t* w) { return halves(w); }
    static Sums dot(Sums sums, const Weights& w, const Inputs& x) {
      sums = _mm256_add_epi16(sums, _mm256_maddubs_epi16(w.quad[0], x.quad[0]));
      return _mm256_add_epi16(sums, _mm256_maddubs_epi16(w.quad[1], x.quad[1]));
    }
    template <int kToken>
    static I32 finish(Sums sums, const std::int32_t* x_offset) {
      return _mm256_add_epi32(pairs_added(sums), _mm256_set1_epi32(*x_offset >> 4));
    }
  };

 private:
  static __m256i pairs_added(__m256i words) {
    return _mm256_madd_epi16(words, _mm256_set1_epi16(1));
  }
};

}  // namespace linnet::kernels
