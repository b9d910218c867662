#pragma once

#include "kernels/isa/avx2_base.h"

namespace linnet::kernels {

// AVX2 with FMA and F16C: Intel since Haswell (2013), AMD since Zen (2017).
struct Avx2 : Avx2Base<Avx2> {
  static constexpr const char* kName = "avx2";
  static constexpr std::uint32_t kNeeds = cpu::kAvx2 | cpu::kFma | cpu::kF16c;

  // 8 rows times 8 tokens: 8 integer sums, two quads of weights and their absolute values, ones, an
  // input; the 8 float sums do not fit, but are touched once a group.
  static constexpr int kRegistersI8 = 1, kRegistersI8Single = 2, kTilesI8 = 2, kPanelsI8 = 1;
  static constexpr int kAhead = 16 << 10, kAheadTokens = 1;

  struct Int8 : Broadcasts {
    using Sums = __m256i;
    using Weights = Quads;
    static Sums start(const std::int32_t*) { return _mm256_setzero_si256(); }
    static Weights weights(const std::int8_t* w) {
      return {{load_bytes(w), load_bytes(w + kPanel * kQuad)}};
    }
    // maddubs adds two products in 16 bits: at most 2 * 127 * 127 = 32258.
    static Sums dot(Sums sums, __m256i w, __m256i x) {
      const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
      return _mm256_add_epi32(sums, pairs_added(pairs));
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
    static Sums dot(Sums sums, __m256i w, __m256i x) {
      return _mm256_add_epi16(sums, _mm256_maddubs_epi16(w, x));
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
