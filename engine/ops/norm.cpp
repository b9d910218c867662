#include "engine/ops/norm.h"

#include "engine/ops/share.h"
#include "kernels/kernels.h"

namespace linnet::ops {

void normalize(core::Mat y, core::Mat x, const Norm& norm, core::Team team) {
  assert(y.rows == x.rows && y.cols == x.cols);
  const kernels::Table& kernel = kernels::active();
  for_own_rows(team, x.rows, [&](int r) {
    if (norm.rms)
      kernel.rms_norm(y.row(r), x.row(r), norm.gain, x.cols, norm.eps);
    else
      kernel.layer_norm(y.row(r), x.row(r), norm.gain, norm.bias, x.cols, norm.eps);
  });
}

}  // namespace linnet::ops
