#include "kernels/isa/avx2.h"

// Tests also compile this for AVX-512 machines, where the same instruction has another encoding,
// and name that table themselves: LINNET_AVXVNNI_AS.
#if defined(LINNET_AVXVNNI_AS)
#define LINNET_DOT _mm256_dpbusd_epi32
#else
#define LINNET_AVXVNNI_AS table_avxvnni
#define LINNET_DOT _mm256_dpbusd_avx_epi32
#endif

namespace linnet::kernels {

LINNET_FLOAT_KERNELS(extern, Avx2)

namespace {

// AVX-VNNI without AVX-512: Intel since Alder Lake (2021), also the small cores of the N series.
struct AvxVnni : Avx2Base<AvxVnni> {
  static constexpr const char* kName = "avxvnni";
  static constexpr std::uint32_t kNeeds = cpu::kAvx2 | cpu::kFma | cpu::kF16c |
#if defined(__AVXVNNI__)
                                          cpu::kAvxVnni;
#else
                                          cpu::kAvx512 | cpu::kAvx512Vnni;
#endif

  // 4 integer and 4 float sums, two quads of weights, inputs. One token: the whole panel.
  static constexpr int kRegistersI8 = 1, kRegistersI8Single = 2, kTilesI8 = 1, kPanelsI8 = 1;
  static constexpr int kAhead = 16 << 10, kAheadTokens = 2;

  // vpdpbusd wants one unsigned side, so weights are moved up by 128 or 8, and sums begin at that
  // times -(sum of x).
  struct Unsigned : Broadcasts {
    using Sums = __m256i;
    using Weights = Quads;
    static Sums dot(Sums sums, __m256i w, __m256i x) { return LINNET_DOT(sums, w, x); }
    template <int kToken>
    static I32 finish(Sums sums, const std::int32_t*) {
      return sums;
    }
  };
  struct Int8 : Unsigned {
    static Sums start(const std::int32_t* x_offset) { return _mm256_set1_epi32(*x_offset); }
    static Weights weights(const std::int8_t* w) {
      const __m256i flip = _mm256_set1_epi8(-128);
      return {{_mm256_xor_si256(load_bytes(w), flip),
               _mm256_xor_si256(load_bytes(w + kPanel * kQuad), flip)}};
    }
  };
  struct Int4 : Unsigned {
    static Sums start(const std::int32_t* x_offset) { return _mm256_set1_epi32(*x_offset >> 4); }
    static Weights weights(const std::int8_t* w) { return halves(w); }
  };
};

}  // namespace

extern const Table LINNET_AVXVNNI_AS;
constinit const Table LINNET_AVXVNNI_AS = table_of<AvxVnni, Avx2>();

}  // namespace linnet::kernels
