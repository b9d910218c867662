#include "engine/ops/linear.h"

#include <algorithm>
#include <cassert>

#include "kernels/kernels.h"

namespace linnet::ops {
namespace {

using core::Dtype;
using core::Mat;
using core::Rows8;

template <class W>
kernels::Matmul<W> float_product(const Product& p, const Mat& x, core::Share panels) {
  const core::Weight& w = p.linear->weight;
  const int column = panels.first * kernels::kPanel;
  return {.w = reinterpret_cast<const W*>(w.panel(panels.first)),
          .panel_stride = w.panel_stride(),
          .panels = panels.last - panels.first,
          .x = x.data,
          .x_stride = x.stride,
          .in = w.in,
          .tokens = x.rows,
          .bias = p.linear->bias == nullptr ? nullptr : p.linear->bias + column,
          .y = p.y.data + column,
          .y_stride = p.y.stride};
}

kernels::MatmulInt int_product(const Product& p, const Rows8& q, core::Share panels) {
  const core::Weight& w = p.linear->weight;
  const int column = panels.first * kernels::kPanel;
  return {.w = w.panel(panels.first),
          .panel_stride = w.panel_stride(),
          .panels = panels.last - panels.first,
          .scale_format = core::scale_format(w.dtype),
          .groups = kernels::groups_of(w.in),
          .x = q.data,
          .x_scales = q.scales,
          .x_offsets = q.offsets,
          .tokens = q.rows,
          .bias = p.linear->bias == nullptr ? nullptr : p.linear->bias + column,
          .y = p.y.data + column,
          .y_stride = p.y.stride};
}

// The panels [first, last) of one product.
void multiply(const Product& p, const Input& input, core::Share panels) {
  const core::Weight& w = p.linear->weight;
  assert(w.in == input.x.cols && p.y.rows == input.x.rows && p.y.cols == w.out);
  assert(p.y.stride >= w.panel_count() * kernels::kPanel);
  const kernels::Table& kernel = kernels::active();
  switch (w.dtype) {
    case Dtype::f32:
      return kernel.matmul_f32(float_product<float>(p, input.x, panels));
    case Dtype::f16:
      return kernel.matmul_f16(float_product<std::uint16_t>(p, input.x, panels));
    default:
      assert(input.q.data != nullptr && input.q.cols == w.in);
      return (core::four_bits(w.dtype) ? kernel.matmul_i4
                                       : kernel.matmul_i8)(int_product(p, input.q, panels));
  }
}

}  // namespace

bool any_reads_int8(std::initializer_list<const Linear*> readers) {
  return std::any_of(readers.begin(), readers.end(),
                     [](const Linear* reader) { return reader->reads_int8(); });
}

void quantize_tile(const Rows8& q, Mat x, int first, int width) {
  const int groups = kernels::groups_of(x.cols);
  const std::int64_t before = std::int64_t{first} * groups;
  kernels::active().quantize({.x = x.row(first),
                              .x_stride = x.stride,
                              .in = x.cols,
                              .width = width,
                              .q = q.data + before * kernels::kGroup,
                              .scales = q.scales + before,
                              .offsets = q.offsets + before});
}

void linear(std::initializer_list<Product> products, const Input& input, core::Team team) {
  team.meet();
  int total = 0;
  for (const Product& p : products) total += p.linear->weight.panel_count();
  const core::Share own = team.share(total);
  int begin = 0;  // of this product's panels among all
  for (const Product& p : products) {
    const int count = p.linear->weight.panel_count();
    const core::Share panels{std::max(own.first - begin, 0), std::min(own.last - begin, count)};
    if (panels.first < panels.last) multiply(p, input, panels);
    begin += count;
  }
  team.meet();
}

}  // namespace linnet::ops
