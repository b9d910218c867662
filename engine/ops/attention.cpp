#include "engine/ops/attention.h"

#include <algorithm>

#include "engine/ops/share.h"

namespace linnet::ops {
namespace {

constexpr int kChunk = 16;  // query rows of one piece of work

class Attention {
 public:
  Attention(core::Mat y, core::Mat queries, const PageLayout& layout, int layer,
            const HeadScores& scores, const PositionBias& bias)
      : y_(y), queries_(queries), layout_(layout), layer_(layer), scores_(scores), bias_(bias) {}

  int heads() const { return queries_.cols / layout_.d_head; }
  int group() const { return heads() / layout_.kv_heads; }

  // A single row takes all heads of a group in one pass over their keys; several rows take one
  // head at a time.
  int pieces(const Run& run) const {
    return run.rows == 1 ? layout_.kv_heads : heads() * ((run.rows + kChunk - 1) / kChunk);
  }

  void work(const Run& run, int piece) const {
    if (run.rows == 1) return attend_group(run, piece);
    const int head = piece % heads(), row = piece / heads() * kChunk;
    attend_rows(run, head, row, std::min(kChunk, run.rows - row));
  }

 private:
  static constexpr int kMostGrouped = 16;  // heads of a group in one call

  void attend_group(const Run& run, int kv_head) const {
    const int end = (kv_head + 1) * group();
    for (int head = kv_head * group(); head < end; head += kMostGrouped) {
      const int count = std::min(kMostGrouped, end - head);
      int first[kMostGrouped], last[kMostGrouped];
      std::fill_n(first, count, first_seen(run, 0));
      std::fill_n(last, count, last_seen(run, 0));
      call(run, kv_head, 0, head, count, layout_.d_head, layout_.d_head, bias_.width(), first,
           last);
    }
  }

  void attend_rows(const Run& run, int head, int row, int rows) const {
    int first[kChunk], last[kChunk];
    for (int i = 0; i < rows; ++i) {
      first[i] = first_seen(run, row + i);
      last[i] = last_seen(run, row + i);
    }
    // The next row stands one position further, so that each distance lies one entry before.
    call(run, head / group(), row, head, rows, queries_.stride, y_.stride, -1, first, last);
  }

  int first_seen(const Run& run, int row) const {
    if (scores_.window == 0) return 0;
    const int before = run.seen > 0 ? scores_.window / 2 : scores_.window - 1;
    return std::max(0, run.past + row - before);
  }
  int last_seen(const Run& run, int row) const {
    const int own = run.past + row + 1;
    if (run.seen == 0) return own;
    return scores_.window == 0 ? run.seen : std::min(run.seen, own + scores_.window / 2);
  }
  // Biases of a query of the run by key position.
  const float* bias_of(const Run& run, int row, int head) const {
    if (bias_.by_distance == nullptr) return nullptr;
    return bias_.by_distance + std::int64_t{head} * bias_.width() + bias_.span - 1 -
           (run.past + row);
  }

  void call(const Run& run, int kv_head, int run_row, int head, int rows, int q_stride,
            int y_stride, int bias_stride, const int* first, const int* last) const {
    const int row = run.first_row + run_row;
    kernels::active().attend({.q = queries_.row(row) + head * layout_.d_head,
                              .q_stride = q_stride,
                              .rows = rows,
                              .first = first,
                              .last = last,
                              .pages = run.pages,
                              .key_offset = layout_.key_offset(layer_, kv_head),
                              .value_offset = layout_.value_offset(layer_, kv_head),
                              .type = layout_.type,
                              .d_head = layout_.d_head,
                              .scale = scores_.scale,
                              .soft_cap = scores_.soft_cap,
                              .bias = bias_of(run, run_row, head),
                              .bias_stride = bias_stride,
                              .y = y_.row(row) + head * layout_.d_head,
                              .y_stride = y_stride});
  }

  core::Mat y_, queries_;
  const PageLayout& layout_;
  const int layer_;
  const HeadScores& scores_;
  const PositionBias& bias_;
};

}  // namespace

void store_keys_values(std::span<const Run> runs, core::Mat keys, core::Mat values,
                       const PageLayout& layout, int layer, core::Team team) {
  const kernels::Table& kernel = kernels::active();
  const Run* run = runs.data();
  for_own_rows(team, keys.rows, [&](int r) {
    while (r >= run->first_row + run->rows) ++run;
    const int position = run->past + (r - run->first_row);
    for (int h = 0; h < layout.kv_heads; ++h)
      kernel.store_key_value({.key = keys.row(r) + h * layout.d_head,
                              .value = values.row(r) + h * layout.d_head,
                              .page = run->pages[position / kernels::kPage],
                              .key_offset = layout.key_offset(layer, h),
                              .value_offset = layout.value_offset(layer, h),
                              .type = layout.type,
                              .d_head = layout.d_head,
                              .slot = position % kernels::kPage});
  });
}

void attend(core::Mat y, core::Mat queries, std::span<const Run> runs, const PageLayout& layout,
            int layer, const HeadScores& scores, const PositionBias& bias, core::Team team) {
  team.meet();
  const Attention attention(y, queries, layout, layer, scores, bias);
  // Dealt out in turn: under a causal mask the later rows of a prompt cost more.
  int dealt = 0;
  for (const Run& run : runs)
    for (int piece = 0; piece < attention.pieces(run); ++piece, ++dealt)
      if (dealt % team.size() == team.rank()) attention.work(run, piece);
  team.meet();
}

}  // namespace linnet::ops
