#include <cstring>

#include "kernels/isa/table.h"

namespace linnet::kernels {

// AVX-512 with VNNI: Intel servers since Cascade Lake (2019), laptops since Ice Lake; AMD since
// Zen 4.
struct Avx512Vnni {
  using Arch = xsimd::avx512bw;
  using F32 = xsimd::batch<float, Arch>;
  using I32 = xsimd::batch<std::int32_t, Arch>;
  static constexpr const char* kName = "avx512vnni";
  static constexpr std::uint32_t kNeeds =
      cpu::kAvx2 | cpu::kFma | cpu::kF16c | cpu::kAvx512 | cpu::kAvx512Vnni;

  // 16 sums, 4 weights, inputs from memory. One token: 8 chains hide the latency of the fma.
  static constexpr int kTokensF32 = 4, kPanelsF32 = 4, kPanelsF32Single = 8;
  // Two panels times 4 tokens: 6 loads for 8 dots, and the dots of the next group hide the latency
  // of the last ones. (Loads limit one panel times 12 tokens, registers 3 times 4 and 2 times 8.)
  // With fewer tokens one panel, a single stream of memory.
  static constexpr int kRegistersI8 = 1, kRegistersI8Single = 1, kTilesI8 = 1, kPanelsI8 = 2;
  static constexpr int kAhead = 16 << 10, kAheadTokens = 3;

  static F32 load_f16(const std::uint16_t* from) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
  static void store_f16(std::uint16_t* to, F32 v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                        _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }
  static F32 load_bf16(const std::uint16_t* from) {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
  }
  static void store_i8(std::int8_t* to, I32 v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(v));
  }

  template <int>
  static F32 load_i8(const std::int8_t* panel) {
    const __m128i bytes = _mm_load_si128(reinterpret_cast<const __m128i*>(panel));
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
  }

  // vpdpbusd wants one unsigned side, so weights are moved up by 128 or 8, and sums begin at that
  // times -(sum of x).
  struct Unsigned {
    static constexpr int kUnit = 1, kSteps = 2;
    using Sums = __m512i;
    struct Weights {
      __m512i quad[2];
    };
    struct Inputs {
      const std::int8_t* quad[2];
    };
    template <int kFirst, int kStep>
    static Inputs inputs(const std::int8_t* x) {
      return {{x + kFirst * kQuad, x + (kFirst + kStep) * kQuad}};
    }
    struct Broadcasts {
      __m512i quad[2];
    };
    template <int kFirst, int kStep>
    static Broadcasts shared(const std::int8_t* x) {
      return {{broadcast(x + kFirst * kQuad), broadcast(x + (kFirst + kStep) * kQuad)}};
    }
    static __m512i broadcast(const std::int8_t* quad) {
      std::int32_t word;
      std::memcpy(&word, quad, sizeof word);
      return _mm512_set1_epi32(word);
    }
    static Sums dot(Sums sums, __m512i w, __m512i x) { return _mm512_dpbusd_epi32(sums, w, x); }
    // Broadcasts the quad within the instruction: one operation of the front end, where GCC 12
    // would spend two.
    static Sums dot(Sums sums, __m512i w, const std::int8_t* quad) {
      asm("vpdpbusd %2%{1to16%}, %1, %0"
          : "+v"(sums)
          : "v"(w), "m"(*reinterpret_cast<const std::int8_t(*)[kQuad]>(quad)));
      return sums;
    }
    template <int kToken>
    static I32 finish(Sums sums, const std::int32_t*) {
      return sums;
    }
  };
  struct Int8 : Unsigned {
    static Sums start(const std::int32_t* x_offset) { return _mm512_set1_epi32(*x_offset); }
    static Weights weights(const std::int8_t* w) {
      const __m512i flip = _mm512_set1_epi8(-128);
      return {{_mm512_xor_si512(_mm512_load_si512(w), flip),
               _mm512_xor_si512(_mm512_load_si512(w + kPanel * kQuad), flip)}};
    }
  };
  struct Int4 : Unsigned {
    static Sums start(const std::int32_t* x_offset) { return _mm512_set1_epi32(*x_offset >> 4); }
    static Weights weights(const std::int8_t* w) {
      const __m512i both = _mm512_load_si512(w), low = _mm512_set1_epi8(15);
      return {{_mm512_and_si512(both, low), _mm512_and_si512(_mm512_srli_epi16(both, 4), low)}};
    }
  };
};

constinit const Table table_avx512vnni = table_of<Avx512Vnni>();

}  // namespace linnet::kernels
