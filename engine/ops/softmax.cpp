#include "engine/ops/softmax.h"

#include "kernels/kernels.h"

namespace linnet::ops {

void softmax(std::span<float> x) {
  kernels::active().softmax(x.data(), static_cast<int>(x.size()));
}

}  // namespace linnet::ops
