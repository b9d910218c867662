#pragma once

#include <cstdint>

// What this CPU and its operating system offer. Compiled without any of the flags that it asks
// about, so that asking is safe on every machine.
namespace linnet::kernels::cpu {

enum Feature : std::uint32_t {
  kAvx2 = 1u << 0,
  kFma = 1u << 1,
  kF16c = 1u << 2,
  kAvx512 = 1u << 3,  // F, CD, DQ, BW and VL, and the OS saves their registers
  kAvx512Vnni = 1u << 4,
  kAvxVnni = 1u << 5,
  kNeon = 1u << 6,  // on ARMv7: with VFPv4 (fused multiply-add, half precision)
  kDotProd = 1u << 7,
  kI8mm = 1u << 8,
};

// The Feature bits of this machine; asked once.
std::uint32_t features();

}  // namespace linnet::kernels::cpu
