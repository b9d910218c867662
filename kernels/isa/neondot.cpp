#include "kernels/isa/neondot_base.h"

namespace linnet::kernels {

// NEON with the int8 dot product of ARMv8.2: Cortex-A55, A75, A76 and later.
struct NeonDot : NeonDotBase<NeonDot> {
  static constexpr const char* kName = "neondot";
  static constexpr std::uint32_t kNeeds = cpu::kNeon | cpu::kDotProd;

  // 8 rows times 4 tokens: 8 integer and 8 float sums, 4 weights, inputs by lane.
  static constexpr int kRegistersI8 = 2, kRegistersI8Single = 4, kTilesI8 = 1, kPanelsI8 = 1;
};

constinit const Table table_neondot = table_of<NeonDot, Neon>();

}  // namespace linnet::kernels
