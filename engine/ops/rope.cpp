#include "engine/ops/rope.h"

#include <cassert>

#include "engine/ops/share.h"
#include "engine/ops/sincos.h"
#include "kernels/kernels.h"

namespace linnet::ops {

void fill_rotation(const Rotation& rotation, std::span<const int> positions,
                   std::span<const float> frequencies, float magnitude, core::Team team) {
  assert(rotation.cosines.cols == static_cast<int>(frequencies.size()));
  for_own_rows(team, rotation.cosines.rows, [&](int r) {
    const double position = positions[static_cast<std::size_t>(r)];
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
      const SinCos turn = sincos(position * static_cast<double>(frequencies[i]));
      rotation.cosines.row(r)[i] = turn.cosine * magnitude;
      rotation.sines.row(r)[i] = turn.sine * magnitude;
    }
  });
}

void rotate(core::Mat x, int d_head, const Rotation& rotation, core::Team team) {
  const kernels::Table& kernel = kernels::active();
  for_own_rows(team, x.rows, [&](int r) {
    kernel.rotate({.x = x.row(r),
                   .heads = x.cols / d_head,
                   .d_head = d_head,
                   .cosines = rotation.cosines.row(r),
                   .sines = rotation.sines.row(r),
                   .pairs = rotation.cosines.cols,
                   .interleaved = rotation.interleaved});
  });
}

}  // namespace linnet::ops
