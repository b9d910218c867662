#pragma once

#include <cstdint>
#include <type_traits>
#include <xsimd/xsimd.hpp>

#include "kernels/layout.h"

// The xsimd shim: what the generic kernels need and xsimd does not promise. Batches are made,
// loaded, compared, selected and combined with + - * by xsimd itself. Not to be used from xsimd,
// because it differs between architectures or versions: fma (two roundings on AVX-512), / and sqrt
// (estimates on ARM), min and max (NaN), rsqrt, exp and all other functions, sums over lanes.
//
// All of it is forced inline: a copy left behind by one instruction set's file must not serve
// another. From xsimd 8.1 upwards.
namespace linnet::kernels {

template <class T, class Isa>
using Batch = xsimd::batch<T, typename Isa::Arch>;

// Floats in one register, and registers for kPanel floats: 1 on AVX-512, 2 on AVX2, 4 on NEON.
template <class Isa>
inline constexpr int kLanes = static_cast<int>(Batch<float, Isa>::size);
template <class Isa>
inline constexpr int kParts = kPanel / kLanes<Isa>;

namespace detail {
// One rounding; IEEE division and square root; the same bits as another type.
#if defined(__AVX512F__)
[[gnu::always_inline]] inline __m512 fused(__m512 a, __m512 b, __m512 c) {
  return _mm512_fmadd_ps(a, b, c);
}
[[gnu::always_inline]] inline __m512 divide(__m512 a, __m512 b) { return _mm512_div_ps(a, b); }
[[gnu::always_inline]] inline __m512 square_root(__m512 a) { return _mm512_sqrt_ps(a); }
[[gnu::always_inline]] inline __m512 greater_of(__m512 a, __m512 b) { return _mm512_max_ps(a, b); }
[[gnu::always_inline]] inline __m512i as_int(__m512 a) { return _mm512_castps_si512(a); }
[[gnu::always_inline]] inline __m512i as_int(__m512i a) { return a; }
[[gnu::always_inline]] inline __m512i as_unsigned(__m512 a) { return _mm512_castps_si512(a); }
[[gnu::always_inline]] inline __m512i as_unsigned(__m512i a) { return a; }
[[gnu::always_inline]] inline __m512 as_float(__m512i a) { return _mm512_castsi512_ps(a); }
#endif
#if defined(__AVX2__)
[[gnu::always_inline]] inline __m256 fused(__m256 a, __m256 b, __m256 c) {
  return _mm256_fmadd_ps(a, b, c);
}
[[gnu::always_inline]] inline __m256 divide(__m256 a, __m256 b) { return _mm256_div_ps(a, b); }
[[gnu::always_inline]] inline __m256 square_root(__m256 a) { return _mm256_sqrt_ps(a); }
[[gnu::always_inline]] inline __m256 greater_of(__m256 a, __m256 b) { return _mm256_max_ps(a, b); }
[[gnu::always_inline]] inline __m256i as_int(__m256 a) { return _mm256_castps_si256(a); }
[[gnu::always_inline]] inline __m256i as_int(__m256i a) { return a; }
[[gnu::always_inline]] inline __m256i as_unsigned(__m256 a) { return _mm256_castps_si256(a); }
[[gnu::always_inline]] inline __m256i as_unsigned(__m256i a) { return a; }
[[gnu::always_inline]] inline __m256 as_float(__m256i a) { return _mm256_castsi256_ps(a); }
#endif
#if defined(__ARM_NEON)
[[gnu::always_inline]] inline float32x4_t fused(float32x4_t a, float32x4_t b, float32x4_t c) {
  return vfmaq_f32(c, a, b);
}
[[gnu::always_inline]] inline float32x4_t greater_of(float32x4_t a, float32x4_t b) {
  return vbslq_f32(vcgtq_f32(a, b), a, b);
}
[[gnu::always_inline]] inline int32x4_t as_int(float32x4_t a) { return vreinterpretq_s32_f32(a); }
[[gnu::always_inline]] inline int32x4_t as_int(uint32x4_t a) { return vreinterpretq_s32_u32(a); }
[[gnu::always_inline]] inline uint32x4_t as_unsigned(int32x4_t a) {
  return vreinterpretq_u32_s32(a);
}
[[gnu::always_inline]] inline uint32x4_t as_unsigned(float32x4_t a) {
  return vreinterpretq_u32_f32(a);
}
[[gnu::always_inline]] inline float32x4_t as_float(int32x4_t a) { return vreinterpretq_f32_s32(a); }
[[gnu::always_inline]] inline float32x4_t as_float(uint32x4_t a) {
  return vreinterpretq_f32_u32(a);
}
#if defined(__aarch64__)
[[gnu::always_inline]] inline float32x4_t divide(float32x4_t a, float32x4_t b) {
  return vdivq_f32(a, b);
}
[[gnu::always_inline]] inline float32x4_t square_root(float32x4_t a) { return vsqrtq_f32(a); }
#else
// ARMv7 divides and takes roots in scalar registers only.
[[gnu::always_inline]] inline float32x4_t divide(float32x4_t a, float32x4_t b) {
  float x[4], y[4];
  vst1q_f32(x, a);
  vst1q_f32(y, b);
  for (int i = 0; i < 4; ++i) x[i] = x[i] / y[i];
  return vld1q_f32(x);
}
[[gnu::always_inline]] inline float32x4_t square_root(float32x4_t a) {
  float x[4];
  vst1q_f32(x, a);
  for (int i = 0; i < 4; ++i) x[i] = __builtin_sqrtf(x[i]);
  return vld1q_f32(x);
}
#endif
#endif
}  // namespace detail

template <class Isa>
[[gnu::always_inline]] inline Batch<float, Isa> load(const float* from) {
  return Batch<float, Isa>::load_unaligned(from);
}
template <class A>
[[gnu::always_inline]] inline void store(float* to, xsimd::batch<float, A> v) {
  v.store_unaligned(to);
}
// The first `count` lanes (0 to all of them) from memory, the others `fill`.
template <class Isa>
[[gnu::always_inline]] inline Batch<float, Isa> load_some(const float* from, int count,
                                                          float fill = 0.0f) {
  alignas(64) float lanes[kLanes<Isa>];
  for (int i = 0; i < kLanes<Isa>; ++i) lanes[i] = i < count ? from[i] : fill;
  return Batch<float, Isa>::load_aligned(lanes);
}
template <class A>
[[gnu::always_inline]] inline void store_some(float* to, xsimd::batch<float, A> v, int count) {
  alignas(64) float lanes[xsimd::batch<float, A>::size];
  v.store_aligned(lanes);
  for (int i = 0; i < count; ++i) to[i] = lanes[i];
}

// a * b + c, rounded once.
template <class A>
[[gnu::always_inline]] inline xsimd::batch<float, A> fused(xsimd::batch<float, A> a,
                                                           xsimd::batch<float, A> b,
                                                           xsimd::batch<float, A> c) {
  return detail::fused(a, b, c);
}
template <class A>
[[gnu::always_inline]] inline xsimd::batch<float, A> divide(xsimd::batch<float, A> a,
                                                            xsimd::batch<float, A> b) {
  return detail::divide(a, b);
}
template <class A>
[[gnu::always_inline]] inline xsimd::batch<float, A> square_root(xsimd::batch<float, A> a) {
  return detail::square_root(a);
}
// a > b ? a : b, hence b where either is a NaN.
template <class A>
[[gnu::always_inline]] inline xsimd::batch<float, A> greater_of(xsimd::batch<float, A> a,
                                                                xsimd::batch<float, A> b) {
  return detail::greater_of(a, b);
}

// The same bits, read as lanes of T; float, int32 and uint32. (Of xsimd, bitwise_cast changed its
// face in version 10, and on ARM it goes through a table of functions.)
template <class T, class U, class A>
[[gnu::always_inline]] inline xsimd::batch<T, A> lanes_of(xsimd::batch<U, A> v) {
  if constexpr (std::is_same_v<T, U>) {
    return v;
  } else if constexpr (std::is_same_v<T, float>) {
    return detail::as_float(v);
  } else if constexpr (std::is_same_v<T, std::int32_t>) {
    return detail::as_int(v);
  } else {
    static_assert(std::is_same_v<T, std::uint32_t>);
    return detail::as_unsigned(v);
  }
}
template <class A>
[[gnu::always_inline]] inline xsimd::batch<float, A> to_float(xsimd::batch<std::int32_t, A> v) {
  return xsimd::to_float(v);
}
// To the nearest integer, ties to even, for |v| <= 2^22: adding 1.5 * 2^23 leaves no bits for a
// fraction. (ARMv7 has no such conversion.)
template <class A>
[[gnu::always_inline]] inline xsimd::batch<float, A> nearest(xsimd::batch<float, A> v) {
  const xsimd::batch<float, A> shift(12582912.0f);
  return (v + shift) - shift;
}
template <class A>
[[gnu::always_inline]] inline xsimd::batch<std::int32_t, A> nearest_int(xsimd::batch<float, A> v) {
  const xsimd::batch<float, A> shift(12582912.0f);
  return lanes_of<std::int32_t>(v + shift) - lanes_of<std::int32_t>(shift);
}

// The tree of the contract (kernels/kernels.h) over kPanel lanes: l[i] += l[i + 8], + 4, + 2, + 1.
[[gnu::always_inline]] inline float tree_of(float* lanes, int count) {
  for (int half = count / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  return lanes[0];
}
// `parts` holds the kPanel lanes in order.
template <class A>
[[gnu::always_inline]] inline float tree(
    const xsimd::batch<float, A> (&parts)[kPanel / xsimd::batch<float, A>::size]) {
  using F32 = xsimd::batch<float, A>;
  constexpr int kCount = kPanel / static_cast<int>(F32::size);
  alignas(64) float lanes[F32::size];
  if constexpr (kCount == 1) {
    parts[0].store_aligned(lanes);
  } else if constexpr (kCount == 2) {
    (parts[0] + parts[1]).store_aligned(lanes);
  } else {
    static_assert(kCount == 4);
    ((parts[0] + parts[2]) + (parts[1] + parts[3])).store_aligned(lanes);
  }
  return tree_of(lanes, static_cast<int>(F32::size));
}

// The sum of integer lanes; exact.
template <class A>
[[gnu::always_inline]] inline std::int32_t sum(xsimd::batch<std::int32_t, A> v) {
  alignas(64) std::int32_t lanes[xsimd::batch<std::int32_t, A>::size];
  v.store_aligned(lanes);
  std::int32_t total = 0;
  for (const std::int32_t lane : lanes) total += lane;
  return total;
}

}  // namespace linnet::kernels
