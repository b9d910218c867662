#pragma once

#include <string_view>

#include "kernels/kernels.h"

namespace linnet::support {

inline constexpr bool kEmulated = sizeof(LINNET_EMULATOR) > 1;

// The plain kernels under an emulator, on 32-bit ARM even without fused multiply-add: a test that
// takes seconds elsewhere takes many minutes, and does only a part of its work.
inline bool very_slow() {
  return kEmulated && kernels::active().name == std::string_view("reference");
}

}  // namespace linnet::support
