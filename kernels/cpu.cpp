#include "kernels/cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) || defined(__arm__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace linnet::kernels::cpu {
namespace {

#if defined(__x86_64__)

constexpr bool bit(unsigned word, int n) { return ((word >> n) & 1u) != 0; }

// XCR0: which registers the operating system saves when it switches tasks. A CPU may have AVX while
// the system below it loses the upper halves.
std::uint64_t saved_state() {
  std::uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (std::uint64_t{high} << 32) | low;
}

// Intel, Software Developer's Manual, volume 2, CPUID: leaf 1, leaf 7 sub-leaves 0 and 1.
std::uint32_t detect() {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  const bool fma = bit(c, 12), xgetbv = bit(c, 27), avx = bit(c, 28), f16c = bit(c, 29);
  if (!xgetbv || !avx) return 0;
  const std::uint64_t state = saved_state();
  const bool ymm = (state & 0x06) == 0x06;  // XMM and upper YMM
  const bool zmm = (state & 0xe6) == 0xe6;  // and masks, upper ZMM, ZMM 16 to 31
  if (!ymm || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;

  std::uint32_t found = 0;
  if (bit(b, 5)) found |= kAvx2;
  if (fma) found |= kFma;
  if (f16c) found |= kF16c;
  const bool f = bit(b, 16), dq = bit(b, 17), cd = bit(b, 28), bw = bit(b, 30), vl = bit(b, 31);
  if (zmm && f && dq && cd && bw && vl) found |= kAvx512;
  if (zmm && bit(c, 11)) found |= kAvx512Vnni;
  const unsigned sub_leaves = a;
  if (sub_leaves >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && bit(a, 4)) found |= kAvxVnni;
  return found;
}

#elif defined(__aarch64__)

std::uint32_t detect() {
  const unsigned long caps = getauxval(AT_HWCAP);
  std::uint32_t found = 0;
  if (caps & HWCAP_ASIMD) found |= kNeon;
  if (caps & HWCAP_ASIMDDP) found |= kDotProd;
#if defined(HWCAP2_I8MM)
  if (getauxval(AT_HWCAP2) & HWCAP2_I8MM) found |= kI8mm;
#endif
  return found;
}

#elif defined(__arm__)

std::uint32_t detect() {
  const unsigned long wanted = HWCAP_NEON | HWCAP_VFPv4;
  return (getauxval(AT_HWCAP) & wanted) == wanted ? kNeon : 0u;
}

#else

std::uint32_t detect() { return 0; }

#endif

}  // namespace

std::uint32_t features() {
  static const std::uint32_t found = detect();
  return found;
}

}  // namespace linnet::kernels::cpu
