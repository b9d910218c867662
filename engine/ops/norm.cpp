#include "engine/ops/norm.h"

#include "engine/ops/share.h"
#include "kernels/kernels.h"

namespace linnet::ops {

namespace {

void normalize(float* y, const float* x, int features, const Norm& norm) {
  const kernels::Table& kernel = kernels::active();
  if (norm.rms)
    kernel.rms_norm(y, x, norm.gain, features, norm.eps);
  else
    kernel.layer_norm(y, x, norm.gain, norm.bias, features, norm.eps);
}

}  // namespace

void normalize(core::Mat y, core::Mat x, const Norm& norm, core::Team team) {
  assert(y.rows == x.rows && y.cols == x.cols);
  for_own_rows(team, x.rows, [&](int r) { normalize(y.row(r), x.row(r), x.cols, norm); });
}

void normalize_heads(core::Mat x, int d_head, const Norm& norm, core::Team team) {
  assert(x.cols % d_head == 0);
  for_own_rows(team, x.rows, [&](int r) {
    for (float* head = x.row(r); head < x.row(r) + x.cols; head += d_head)
      normalize(head, head, d_head, norm);
  });
}

}  // namespace linnet::ops
