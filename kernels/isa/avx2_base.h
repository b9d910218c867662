#pragma once

#include <cstring>

#include "kernels/isa/table.h"

// What the instruction sets of AVX2 machines share. A template over the instruction set, so that
// its functions carry their owner's name.
namespace linnet::kernels {

template <class Isa>
struct Avx2Base {
  using Arch = xsimd::fma3<xsimd::avx2>;
  using F32 = xsimd::batch<float, Arch>;
  using I32 = xsimd::batch<std::int32_t, Arch>;

  // Of 16 registers: 8 sums, 2 weights, an input. One token: 8 chains hide the latency of the fma.
  static constexpr int kTokensF32 = 4, kPanelsF32 = 1, kPanelsF32Single = 4;

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

  template <int kPart>
  static F32 load_i8(const std::int8_t* panel) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(panel + kPart * 8));
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
  }

  // Two quads of eight rows, or of the same input for all rows.
  struct Quads {
    __m256i quad[2];
  };
  struct Broadcasts {
    static constexpr int kUnit = 1, kSteps = 2;
    using Inputs = Quads;
    template <int kFirst, int kStep>
    static Inputs inputs(const std::int8_t* x) {
      return {{broadcast(x + kFirst * kQuad), broadcast(x + (kFirst + kStep) * kQuad)}};
    }
  };

  static __m256i load_bytes(const std::int8_t* from) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(from));
  }
  static __m256i broadcast(const std::int8_t* quad) {
    std::int32_t word;
    std::memcpy(&word, quad, sizeof word);
    return _mm256_set1_epi32(word);
  }
  // int4 weights as they are stored, in [0, 15].
  static Quads halves(const std::int8_t* w) {
    const __m256i both = load_bytes(w), low = _mm256_set1_epi8(15);
    return {{_mm256_and_si256(both, low), _mm256_and_si256(_mm256_srli_epi16(both, 4), low)}};
  }
};

}  // namespace linnet::kernels
