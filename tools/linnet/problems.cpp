#include "tools/linnet/problems.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "engine/generate/random.h"
#include "kernels/pack.h"

namespace linnet::tools {
namespace {

using kernels::kGroup;
using kernels::kPage;
using kernels::kPanel;
using kernels::kTile;

std::size_t size(std::int64_t count) { return static_cast<std::size_t>(count); }

void allocate(core::Arena& arena, std::int64_t bytes) {
  if (!arena.allocate(bytes)) throw std::bad_alloc();
}

}  // namespace

std::vector<float> random_floats(std::int64_t count, std::uint64_t seed) {
  generate::Random random(seed);
  std::vector<float> values(size(count));
  for (float& value : values) value = static_cast<float>(random.uniform() * 2 - 1);
  return values;
}

MatmulProblem::MatmulProblem(int out, int in, int tokens, std::uint64_t seed)
    : out_(out),
      in_(in),
      tokens_(tokens),
      w_(random_floats(std::int64_t{out} * in, seed)),
      x_(random_floats(std::int64_t{tokens} * in, seed + 1)),
      bias_(random_floats(out, seed + 2)),
      y_(size(std::int64_t{tokens} * out)) {}

template <class Pack>
const std::byte* MatmulProblem::pack(std::int64_t panel_bytes, const Pack& pack_panel) {
  allocate(weights_, panel_bytes * (out_ / kPanel));
  std::byte* panels = weights_.carve<std::byte>(panel_bytes * (out_ / kPanel));
  for (int p = 0; p < out_ / kPanel; ++p)
    pack_panel(panels + p * panel_bytes, w_.data() + std::ptrdiff_t{p} * kPanel * in_);
  return panels;
}

template <class W>
kernels::Matmul<W> MatmulProblem::matmul(const std::byte* panels, std::int64_t panel_stride,
                                         bool bias) {
  return {.w = reinterpret_cast<const W*>(panels),
          .panel_stride = panel_stride,
          .panels = out_ / kPanel,
          .x = x_.data(),
          .x_stride = in_,
          .in = in_,
          .tokens = tokens_,
          .bias = bias ? bias_.data() : nullptr,
          .y = y_.data(),
          .y_stride = out_};
}

kernels::MatmulF32 MatmulProblem::f32(bool bias) {
  const std::int64_t stride = kernels::panel_bytes_f32(in_);
  const std::byte* panels = pack(stride, [&](std::byte* panel, const float* rows) {
    kernels::pack_panel_f32(panel, rows, kPanel, in_);
  });
  return matmul<float>(panels, stride, bias);
}

kernels::MatmulF16 MatmulProblem::f16(bool bias) {
  const std::int64_t stride = kernels::panel_bytes_f16(in_);
  const std::byte* panels = pack(stride, [&](std::byte* panel, const float* rows) {
    kernels::pack_panel_f16(panel, rows, kPanel, in_);
  });
  return matmul<std::uint16_t>(panels, stride, bias);
}

template <class PackPanel>
kernels::MatmulInt MatmulProblem::integers(const kernels::GroupedLayout& layout,
                                           const PackPanel& pack_panel, const kernels::Table& table,
                                           kernels::ScaleFormat format, bool bias) {
  const std::int64_t stride = layout.panel_bytes(in_);
  kernels::QuantizationError unused;
  const std::byte* panels = pack(stride, [&](std::byte* panel, const float* rows) {
    pack_panel(panel, rows, kPanel, in_, unused);
  });
  const int groups = kernels::groups_of(in_), tiles = (tokens_ + kTile - 1) / kTile;
  const std::int64_t numbers = std::int64_t{tiles} * kTile * groups;
  allocate(activations_, numbers * (kGroup + 8) + 3 * kernels::kAlignment);
  auto* q = activations_.carve<std::int8_t>(numbers * kGroup);
  auto* scales = activations_.carve<float>(numbers);
  auto* offsets = activations_.carve<std::int32_t>(numbers);
  for (int t = 0; t < tokens_; t += kTile)
    table.quantize({.x = x_.data() + std::ptrdiff_t{t} * in_,
                    .x_stride = in_,
                    .in = in_,
                    .width = std::min(kTile, tokens_ - t),
                    .q = q + std::ptrdiff_t{t} * groups * kGroup,
                    .scales = scales + std::ptrdiff_t{t} * groups,
                    .offsets = offsets + std::ptrdiff_t{t} * groups});
  return {.w = panels,
          .panel_stride = stride,
          .panels = out_ / kPanel,
          .scale_format = format,
          .groups = groups,
          .x = q,
          .x_scales = scales,
          .x_offsets = offsets,
          .tokens = tokens_,
          .bias = bias ? bias_.data() : nullptr,
          .y = y_.data(),
          .y_stride = out_};
}

kernels::MatmulInt MatmulProblem::i8(const kernels::Table& table, kernels::ScaleFormat format,
                                     bool bias) {
  return integers(kernels::kLayoutI8, kernels::pack_panel_i8, table, format, bias);
}

kernels::MatmulInt MatmulProblem::i4(const kernels::Table& table, kernels::ScaleFormat format,
                                     bool bias) {
  return integers(kernels::kLayoutI4, kernels::pack_panel_i4, table, format, bias);
}

AttendProblem::AttendProblem(const kernels::Table& table, kernels::PageType type, int d_head,
                             int keys, int rows, std::uint64_t seed)
    : type_(type),
      d_head_(d_head),
      rows_(rows),
      q_(random_floats(std::int64_t{rows} * d_head, seed)),
      y_(q_.size()) {
  value_offset_ = kernels::round_up(kernels::key_page_bytes(type, d_head), kernels::kAlignment);
  const std::int64_t page = kernels::round_up(
      value_offset_ + kernels::value_page_bytes(type, d_head), kernels::kAlignment);
  const int count = (keys + kPage - 1) / kPage;
  page_bytes_ = size(page * count);
  allocate(memory_, page * count);
  first_page_ = memory_.carve<std::byte>(page * count);
  for (int p = 0; p < count; ++p) pages_.push_back(first_page_ + p * page);
  const std::vector<float> key = random_floats(std::int64_t{keys} * d_head, seed + 1);
  const std::vector<float> value = random_floats(std::int64_t{keys} * d_head, seed + 2);
  for (int i = 0; i < keys; ++i)
    table.store_key_value({.key = key.data() + std::ptrdiff_t{i} * d_head,
                           .value = value.data() + std::ptrdiff_t{i} * d_head,
                           .page = pages_[size(i / kPage)],
                           .key_offset = 0,
                           .value_offset = value_offset_,
                           .type = type,
                           .d_head = d_head,
                           .slot = i % kPage});
  for (int r = 0; r < rows; ++r) {
    last_.push_back(keys - rows + r + 1);
    first_.push_back(0);
  }
}

kernels::Attend AttendProblem::attend(float soft_cap) {
  return {.q = q_.data(),
          .q_stride = d_head_,
          .rows = rows_,
          .first = first_.data(),
          .last = last_.data(),
          .pages = pages_.data(),
          .key_offset = 0,
          .value_offset = value_offset_,
          .type = type_,
          .d_head = d_head_,
          .scale = 1.0f / std::sqrt(static_cast<float>(d_head_)),
          .soft_cap = soft_cap,
          .bias = nullptr,
          .bias_stride = 0,
          .y = y_.data(),
          .y_stride = d_head_};
}

}  // namespace linnet::tools
