#include <cstring>

#include "kernels/isa/table.h"

namespace linnet::kernels {

// AVX2 with FMA and F16C: Intel since Haswell (2013), AMD since Zen (2017).
struct Avx2 {
  using Arch = xsimd::fma3<xsimd::avx2>;
  using F32 = xsimd::batch<float, Arch>;
  using I32 = xsimd::batch<std::int32_t, Arch>;
  static constexpr const char* kName = "avx2";
  static constexpr std::uint32_t kNeeds = cpu::kAvx2 | cpu::kFma | cpu::kF16c;

  // Of 16 registers: 8 sums, 2 weights, an input. One token: 8 chains hide the latency of the fma.
  static constexpr int kTokensF32 = 4, kPanelsF32 = 1, kPanelsF32Single = 4;
  // 4 integer and 4 float sums, two quads of weights and their absolute values, ones, an input.
  static constexpr int kRegistersI8 = 1, kRegistersI8Single = 2, kTilesI8 = 1;

  static F32 load_f16(const std::uint16_t* from) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  static void store_f16(std::uint16_t* to, F32 v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                     _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }
  static F32 load_bf16(const std::uint16_t* from) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static void store_i8(std::int8_t* to, I32 v) {
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packs_epi16(words, words));
  }

  struct Inputs {
    __m256i quad[2];
  };
  template <int kFirst, int kSecond>
  static Inputs inputs(const std::int8_t* x) {
    return {{broadcast(x + kFirst * kQuad), broadcast(x + kSecond * kQuad)}};
  }

  struct Int8 {
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
    static I32 finish(Sums sums, const std::int32_t*) { return sums; }
  };

  // All of a group in 16 bits: at most 8 quads * 2 * 15 * 127 = 30480.
  struct Int4 {
    using Sums = __m256i;
    struct Weights {
      __m256i quad[2];
    };
    static Sums start(const std::int32_t*) { return _mm256_setzero_si256(); }
    static Weights weights(const std::int8_t* w) {
      const __m256i both = load_bytes(w), low = _mm256_set1_epi8(15);
      return {{_mm256_and_si256(both, low), _mm256_and_si256(_mm256_srli_epi16(both, 4), low)}};
    }
    static Sums dot(Sums sums, const Weights& w, const Inputs& x) {
      sums = _mm256_add_epi16(sums, _mm256_maddubs_epi16(w.quad[0], x.quad[0]));
      return _mm256_add_epi16(sums, _mm256_maddubs_epi16(w.quad[1], x.quad[1]));
    }
    static I32 finish(Sums sums, const std::int32_t* x_offset) {
      return _mm256_add_epi32(pairs_added(sums), _mm256_set1_epi32(*x_offset >> 4));
    }
  };

 private:
  static __m256i load_bytes(const std::int8_t* from) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(from));
  }
  static __m256i pairs_added(__m256i words) {
    return _mm256_madd_epi16(words, _mm256_set1_epi16(1));
  }
  static __m256i broadcast(const std::int8_t* quad) {
    std::int32_t word;
    std::memcpy(&word, quad, sizeof word);
    return _mm256_set1_epi32(word);
  }
};

constinit const Table table_avx2 = table_of<Avx2>();

}  // namespace linnet::kernels
