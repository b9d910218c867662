#include "engine/ops/alignment.h"

#include "engine/ops/share.h"
#include "engine/ops/softmax.h"
#include "kernels/pack.h"

namespace linnet::ops {
namespace {

// The number of a page of keys; int8: without its scale.
float key_number(const std::byte* keys, PageType type, int at) {
  switch (type) {
    case PageType::f32:
      return reinterpret_cast<const float*>(keys)[at];
    case PageType::f16:
      return kernels::from_f16(reinterpret_cast<const std::uint16_t*>(keys)[at]);
    case PageType::int8:
      break;
  }
  return reinterpret_cast<const std::int8_t*>(keys)[at];
}

// The product of two floats is exact in a double, so that it makes no difference whether a compiler
// fuses it with the sum.
float dot(const float* q, const std::byte* keys, const PageLayout& layout, int slot) {
  double sum = 0;
  for (int d = 0; d < layout.d_head; ++d)
    sum += double{q[d]} * double{key_number(keys, layout.type, d * kernels::kPage + slot)};
  if (layout.type == PageType::int8) {
    const std::byte* scales = keys + kernels::key_scales_offset(layout.d_head);
    sum *= double{reinterpret_cast<const float*>(scales)[slot]};
  }
  return static_cast<float>(sum);
}

void weigh(std::span<float> s, const float* q, const Run& run, const PageLayout& layout,
           std::int64_t key_offset, const HeadScores& scores) {
  for (std::size_t j = 0; j < s.size(); ++j)
    s[j] = scores.scale * dot(q, run.pages[j / kernels::kPage] + key_offset, layout,
                              static_cast<int>(j % kernels::kPage));
  if (scores.soft_cap > 0.0f) {
    const kernels::Table& kernel = kernels::active();
    const int n = static_cast<int>(s.size());
    kernel.scale(s.data(), 1.0f / scores.soft_cap, n);
    kernel.activate(kernels::Activation::tanh, s.data(), s.data(), n);
    kernel.scale(s.data(), scores.soft_cap, n);
  }
  softmax(s);
}

}  // namespace

void align(core::Mat weights, core::Mat queries, int heads, std::span<const Run> runs,
           const PageLayout& layout, int layer, const HeadScores& scores, core::Team team) {
  const int all = queries.cols / layout.d_head, positions = weights.cols / 2;
  const Run* run = runs.data();
  for_own_rows(team, queries.rows, [&](int r) {
    while (r >= run->first_row + run->rows) ++run;
    const auto seen = static_cast<std::size_t>(run->seen);
    const std::span<float> mean(weights.row(r), seen), own(weights.row(r) + positions, seen);
    for (int head = 0; head < heads; ++head) {
      weigh(head == 0 ? mean : own, queries.row(r) + head * layout.d_head, *run, layout,
            layout.key_offset(layer, head / (all / layout.kv_heads)), scores);
      for (std::size_t j = 0; head > 0 && j < seen; ++j) mean[j] += own[j];
    }
    for (float& w : mean) w *= 1.0f / static_cast<float>(heads);
  });
}

}  // namespace linnet::ops
