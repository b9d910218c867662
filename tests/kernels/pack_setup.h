#pragma once

#include <algorithm>
#include <vector>

#include "kernels/pack.h"
#include "tests/support/guarded.h"

namespace linnet::support {

using kernels::kPanel;

// A matrix of int8 or int4 from rows of floats, in memory that ends where it ends.
template <int kBits>
struct IntMatrix {
  IntMatrix(const std::vector<float>& rows, int out, int columns)
      : in(columns),
        panels(kernels::panels_of(out) * kLayout.panel_bytes(in), kernels::kAlignment) {
    std::fill(panels.begin(), panels.end(), std::byte{0xa5});
    for (int p = 0; p < kernels::panels_of(out); ++p)
      (kBits == 8 ? kernels::pack_panel_i8 : kernels::pack_panel_i4)(
          panels.data() + p * kLayout.panel_bytes(in), rows.data() + p * kPanel * in,
          std::min(kPanel, out - p * kPanel), in, error);
  }
  std::vector<float> row(int r) const {
    std::vector<float> y(static_cast<std::size_t>(in));
    (kBits == 8 ? kernels::unpack_row_i8 : kernels::unpack_row_i4)(
        y.data(), panels.data(), kernels::ScaleFormat::bf16, r, in);
    return y;
  }

  static constexpr kernels::GroupedLayout kLayout = kernels::GroupedLayout(kBits);

  int in;
  kernels::QuantizationError error;
  Guarded<std::byte> panels;
};
using I8Matrix = IntMatrix<8>;
using I4Matrix = IntMatrix<4>;

}  // namespace linnet::support
