#include "engine/ops/elementwise.h"

#include "engine/ops/share.h"

namespace linnet::ops {

void add(core::Mat y, core::Mat x, core::Team team) {
  assert(y.rows == x.rows && y.cols == x.cols);
  const kernels::Table& kernel = kernels::active();
  for_own_rows(team, y.rows, [&](int r) { kernel.add(y.row(r), x.row(r), y.cols); });
}

void activate(core::Mat x, Activation f, core::Team team) {
  const kernels::Table& kernel = kernels::active();
  for_own_rows(team, x.rows, [&](int r) { kernel.activate(f, x.row(r), x.row(r), x.cols); });
}

void activate_gated(core::Mat gate, core::Mat up, Activation f, core::Team team) {
  assert(gate.rows == up.rows && gate.cols == up.cols);
  const kernels::Table& kernel = kernels::active();
  for_own_rows(team, gate.rows, [&](int r) {
    kernel.activate_gated(f, gate.row(r), gate.row(r), up.row(r), gate.cols);
  });
}

void scale(core::Mat x, float factor, core::Team team) {
  const kernels::Table& kernel = kernels::active();
  for_own_rows(team, x.rows, [&](int r) { kernel.scale(x.row(r), factor, x.cols); });
}

void soft_cap(core::Mat x, float cap, core::Team team) {
  scale(x, 1.0f / cap, team);
  activate(x, Activation::tanh, team);
  scale(x, cap, team);
}

void add_sinusoids(core::Mat x, core::Mat sines, core::Mat cosines, bool interleaved,
                   core::Team team) {
  const int pairs = sines.cols;
  const int step = interleaved ? 2 : 1, cosine = interleaved ? 1 : pairs;
  for_own_rows(team, x.rows, [&](int r) {
    for (int i = 0; i < pairs; ++i) {
      x.row(r)[i * step] += sines.row(r)[i];
      x.row(r)[i * step + cosine] += cosines.row(r)[i];
    }
  });
}

}  // namespace linnet::ops
