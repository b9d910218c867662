#pragma once

#include "kernels/cpu.h"
#include "kernels/generic/activation.h"
#include "kernels/generic/attention.h"
#include "kernels/generic/elementwise.h"
#include "kernels/generic/key_value.h"
#include "kernels/generic/matmul.h"
#include "kernels/generic/matmul_int.h"
#include "kernels/generic/norm.h"
#include "kernels/generic/peak.h"
#include "kernels/generic/quantize.h"
#include "kernels/generic/rope.h"
#include "kernels/generic/softmax.h"
#include "kernels/isa/list.h"
#include "kernels/kernels.h"

namespace linnet::kernels {

// The generic kernels gathered for one instruction set. What Isa shares with a plainer one (Floats)
// is that one's code. An Isa supplies:
//   Arch                     its xsimd architecture
//   kName, kNeeds            as in Table
//   load_f16, store_f16      one register of floats from and to half precision, nearest even
//   store_i8                 one register of int32 in [-128, 127] as bytes
//   load_i8<kPart>           register kPart of kPanel bytes as floats; 16-byte-aligned
//   the dots of generic/matmul_int.h, and the tile sizes of generic/matmul.h and matmul_int.h
template <class Isa, class Floats = Isa>
constexpr Table table_of() {
  return {
      .name = Isa::kName,
      .needs = Isa::kNeeds,
      .matmul_f32 = generic::matmul_f32<Floats>,
      .matmul_f16 = generic::matmul_f16<Floats>,
      .matmul_i8 = generic::matmul_i8<Isa>,
      .matmul_i4 = generic::matmul_i4<Isa>,
      .quantize = generic::quantize<Floats>,
      .attend = generic::attend<Floats>,
      .store_key_value = generic::store_key_value<Floats>,
      .rotate = generic::rotate<Floats>,
      .rms_norm = generic::rms_norm<Floats>,
      .layer_norm = generic::layer_norm<Floats>,
      .softmax = generic::softmax<Floats>,
      .activate = generic::activate<Floats>,
      .activate_gated = generic::activate_gated<Floats>,
      .add = generic::add<Floats>,
      .scale = generic::scale<Floats>,
      .peak_f32 = generic::peak_f32<Floats>,
      .peak_i8 = generic::peak_i8<Isa>,
      .peak_i4 = generic::peak_i4<Isa>,
      .read = generic::read<Floats>,
  };
}

// Makes the code that other instruction sets may share, or (extern) keeps it from being made again.
#define LINNET_FLOAT_KERNELS(OR_EXTERN, Isa)                                                      \
  OR_EXTERN template void generic::matmul_f32<Isa>(const MatmulF32&);                             \
  OR_EXTERN template void generic::matmul_f16<Isa>(const MatmulF16&);                             \
  OR_EXTERN template void generic::quantize<Isa>(const Quantize&);                                \
  OR_EXTERN template void generic::attend<Isa>(const Attend&);                                    \
  OR_EXTERN template void generic::store_key_value<Isa>(const StoreKeyValue&);                    \
  OR_EXTERN template void generic::rotate<Isa>(const Rotate&);                                    \
  OR_EXTERN template void generic::rms_norm<Isa>(float*, const float*, const float*, int, float); \
  OR_EXTERN template void generic::layer_norm<Isa>(float*, const float*, const float*,            \
                                                   const float*, int, float);                     \
  OR_EXTERN template void generic::softmax<Isa>(float*, int);                                     \
  OR_EXTERN template void generic::activate<Isa>(Activation, float*, const float*, int);          \
  OR_EXTERN template void generic::activate_gated<Isa>(Activation, float*, const float*,          \
                                                       const float*, int);                        \
  OR_EXTERN template void generic::add<Isa>(float*, const float*, int);                           \
  OR_EXTERN template void generic::scale<Isa>(float*, float, int);                                \
  OR_EXTERN template std::int64_t generic::peak_f32<Isa>(int);                                    \
  OR_EXTERN template std::uint32_t generic::read<Isa>(const std::byte*, std::int64_t);

}  // namespace linnet::kernels
