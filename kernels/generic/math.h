#pragma once

#include <cstdint>

// exp, erf and tanh in a fixed order of operations, so that every machine gives the same bits.
// Each is a template over `Ops`, which says how one kind of number (a float, or a register of
// floats) is computed with:
//   Number, Bits                  the floats, and as many std::uint32_t; both know + - and *, Bits
//                                 also &, | and << by an int
//   bits(Number), number(Bits)    the same bits seen as the other
//   fused(a, b, c)                a * b + c with one rounding
//   divide(a, b)                  IEEE division
//   if_less(a, b, x, y)           a < b ? x : y; hence y where a or b is a NaN
namespace linnet::kernels::generic {

// e^x = power * (1 + rest), power = 2^n with n = round(x / ln 2), |rest| < 0.42.
template <class Ops>
struct ExpParts {
  typename Ops::Bits exponent;  // n << 23, modulo 2^32
  typename Ops::Number rest;
};

// For |x| < 2^21; elsewhere both parts are meaningless, but `rest` of a NaN is a NaN.
template <class Ops>
[[gnu::always_inline]] inline ExpParts<Ops> exp_parts(typename Ops::Number x) {
  using N = typename Ops::Number;
  // Adding 1.5 * 2^23 leaves n in the low bits of the sum.
  const N shift(0x1.8p23f);
  const N shifted = Ops::fused(x, N(0x1.715476p0f), shift);
  const N n = shifted - shift;
  // ln 2 in two pieces (Cody and Waite, 1980); n times the first is exact.
  N r = Ops::fused(n, N(-0x1.62e4p-1f), x);
  r = Ops::fused(n, N(-0x1.7f7d1cp-20f), r);
  // (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2: minimax for the relative error of e^r (3.2e-9).
  N q = Ops::fused(N(0x1.6a4b36p-10f), r, N(0x1.12398ep-7f));
  q = Ops::fused(q, r, N(0x1.5558b2p-5f));
  q = Ops::fused(q, r, N(0x1.555492p-3f));
  q = Ops::fused(q, r, N(0x1.fffffcp-2f));
  return {Ops::bits(shifted) << 23, Ops::fused(r * r, q, r)};
}

// e^x within 1.01 ulp. Infinity above ln(largest float); results below 2^-126, the smallest normal
// number, are +0, because ARMv7 flushes them; NaN gives NaN.
template <class Ops>
[[gnu::always_inline]] inline typename Ops::Number exponential(typename Ops::Number x) {
  using N = typename Ops::Number;
  const ExpParts<Ops> parts = exp_parts<Ops>(x);
  const N mantissa = N(1.0f) + parts.rest;
  N y = Ops::number(Ops::bits(mantissa) + parts.exponent);
  y = Ops::if_less(x, N(0x1.62e430p6f), y,
                   x + N(__builtin_inff()));              // the first float that overflows
  return Ops::if_less(x, N(-0x1.5d589ep6f), N(0.0f), y);  // the last that stays normal
}

// e^x - 1 for -86 <= x <= 0, or NaN.
template <class Ops>
[[gnu::always_inline]] inline typename Ops::Number exp_minus_one(typename Ops::Number x) {
  using N = typename Ops::Number;
  const ExpParts<Ops> parts = exp_parts<Ops>(x);
  const N power = Ops::number(parts.exponent + Ops::bits(N(1.0f)));
  return Ops::fused(power, parts.rest, power - N(1.0f));
}

// The magnitude of one with the sign of the other, and minus the magnitude.
template <class Ops>
[[gnu::always_inline]] inline typename Ops::Number with_sign(typename Ops::Number magnitude,
                                                             typename Ops::Number sign) {
  using B = typename Ops::Bits;
  return Ops::number((Ops::bits(magnitude) & B(0x7fffffffu)) | (Ops::bits(sign) & B(0x80000000u)));
}
template <class Ops>
[[gnu::always_inline]] inline typename Ops::Number minus_magnitude(typename Ops::Number x) {
  return Ops::number(Ops::bits(x) | typename Ops::Bits(0x80000000u));
}

// tanh |x| = -m / (m + 2) with m = e^(-2|x|) - 1; odd, within 2.6 ulp. Infinities give 1 and -1.
template <class Ops>
[[gnu::always_inline]] inline typename Ops::Number hyperbolic_tangent(typename Ops::Number x) {
  using N = typename Ops::Number;
  N a = minus_magnitude<Ops>(x);
  a = Ops::if_less(a, N(-20.0f), N(-20.0f), a);  // tanh is 1 to a float from 9.02 on
  const N m = exp_minus_one<Ops>(a + a);
  return with_sign<Ops>(Ops::divide(m, m + N(2.0f)), x);
}

// erf |x| = 1 - e^u with u = log(erfc |x|), which a polynomial in a = -|x| fits well: u = a + a
// p(a). p is minimax for the relative error of erf (4.3e-9). Odd, within 1.7 ulp.
template <class Ops>
[[gnu::always_inline]] inline typename Ops::Number error_function(typename Ops::Number x) {
  using N = typename Ops::Number;
  N a = minus_magnitude<Ops>(x);
  a = Ops::if_less(a, N(-3.925f), N(-3.925f), a);  // erf is 1 to a float from 3.84 on
  N p = Ops::fused(N(-0x1.3b009ap-17f), a, N(-0x1.f28956p-14f));
  p = Ops::fused(p, a, N(-0x1.4e2930p-11f));
  p = Ops::fused(p, a, N(-0x1.b7449cp-10f));
  p = Ops::fused(p, a, N(-0x1.637992p-13f));
  p = Ops::fused(p, a, N(0x1.39b7cap-6f));
  p = Ops::fused(p, a, N(0x1.a4f8c4p-4f));
  p = Ops::fused(p, a, N(-0x1.45f300p-1f));
  p = Ops::fused(p, a, N(0x1.06eba8p-3f));
  return with_sign<Ops>(exp_minus_one<Ops>(Ops::fused(a, p, a)), x);
}

}  // namespace linnet::kernels::generic
