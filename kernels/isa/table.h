#pragma once

#include "kernels/cpu.h"
#include "kernels/generic/activation.h"
#include "kernels/generic/attention.h"
#include "kernels/generic/elementwise.h"
#include "kernels/generic/key_value.h"
#include "kernels/generic/matmul.h"
#include "kernels/generic/matmul_int.h"
#include "kernels/generic/norm.h"
#include "kernels/generic/quantize.h"
#include "kernels/generic/rope.h"
#include "kernels/generic/softmax.h"
#include "kernels/isa/list.h"
#include "kernels/kernels.h"

namespace linnet::kernels {

// The generic kernels gathered for one instruction set. An Isa supplies:
//   Arch                     its xsimd architecture
//   kName, kNeeds            as in Table
//   load_f16, store_f16      one register of floats from and to half precision, nearest even
//   store_i8                 one register of int32 in [-128, 127] as bytes
//   the dots of generic/matmul_int.h, and the tile sizes of generic/matmul.h and matmul_int.h
template <class Isa>
constexpr Table table_of() {
  return {
      .name = Isa::kName,
      .needs = Isa::kNeeds,
      .matmul_f32 = generic::matmul_f32<Isa>,
      .matmul_f16 = generic::matmul_f16<Isa>,
      .matmul_i8 = generic::matmul_i8<Isa>,
      .matmul_i4 = generic::matmul_i4<Isa>,
      .quantize = generic::quantize<Isa>,
      .attend = generic::attend<Isa>,
      .store_key_value = generic::store_key_value<Isa>,
      .rotate = generic::rotate<Isa>,
      .rms_norm = generic::rms_norm<Isa>,
      .layer_norm = generic::layer_norm<Isa>,
      .softmax = generic::softmax<Isa>,
      .activate = generic::activate<Isa>,
      .activate_gated = generic::activate_gated<Isa>,
      .add = generic::add<Isa>,
      .scale = generic::scale<Isa>,
  };
}

}  // namespace linnet::kernels
