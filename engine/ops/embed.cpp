#include "engine/ops/embed.h"

#include <cassert>

#include "engine/ops/share.h"
#include "kernels/pack.h"

namespace linnet::ops {

using core::Dtype;

void unpack_row(float* y, const core::Weight& table, int row) {
  assert(row >= 0 && row < table.out);
  switch (table.dtype) {
    case Dtype::f32:
      return kernels::unpack_row_f32(y, table.panels, row, table.in);
    case Dtype::f16:
      return kernels::unpack_row_f16(y, table.panels, row, table.in);
    default:
      break;
  }
  (core::four_bits(table.dtype) ? kernels::unpack_row_i4 : kernels::unpack_row_i8)(
      y, table.panels, core::scale_format(table.dtype), row, table.in);
}

void embed(core::Mat x, const core::Weight& table, std::span<const int> ids, core::Team team) {
  assert(x.cols == table.in && x.rows == static_cast<int>(ids.size()));
  for_own_rows(team, x.rows,
               [&](int r) { unpack_row(x.row(r), table, ids[static_cast<std::size_t>(r)]); });
}

}  // namespace linnet::ops
