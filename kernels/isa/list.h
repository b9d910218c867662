#pragma once

#include "kernels/kernels.h"

// The tables of this build, as kernels/CMakeLists.txt lists them from plain to fast.
namespace linnet::kernels {

#define ISA(name) extern const Table table_##name;
#include "kernels/isa_list.inc"
#undef ISA

}  // namespace linnet::kernels
