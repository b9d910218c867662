#include "engine/ops/attention.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "engine/core/crew.h"

namespace {

using namespace linnet;
using core::Mat;

// A matrix that owns its numbers.
struct Owned {
  std::vector<float> numbers;
  Mat mat;
  Owned(int rows, int cols, unsigned seed = 0)
      : numbers(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols)),
        mat{numbers.data(), rows, cols, cols} {
    for (float& n : numbers) {
      seed = seed * 1664525u + 1013904223u;
      n = static_cast<float>(seed >> 8) * 0x1p-23f - 1.0f;
    }
  }
};

// Pages for one sequence, aligned.
struct Pages {
  std::vector<std::byte> memory;
  std::vector<std::byte*> list;
  Pages(const ops::PageLayout& layout, int layers, int positions) {
    const std::int64_t bytes = layout.layer_bytes() * layers;
    const int count = (positions + kernels::kPage - 1) / kernels::kPage;
    memory.assign(static_cast<std::size_t>(bytes * count + kernels::kAlignment), std::byte{0xff});
    const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    std::byte* first = memory.data() + (kernels::kAlignment - address % kernels::kAlignment);
    for (int i = 0; i < count; ++i) list.push_back(first + i * bytes);
  }
};

constexpr int kHeads = 6, kKvHeads = 2, kWidth = 12;

// One query row of one head, in double precision, over positions [first, last).
std::vector<double> expected(const float* q, Mat keys, Mat values, int kv_head, int first, int last,
                             float scale) {
  std::vector<double> score;
  double top = -1e300, total = 0;
  for (int j = first; j < last; ++j) {
    double sum = 0;
    for (int d = 0; d < kWidth; ++d) sum += double{q[d]} * keys.row(j)[kv_head * kWidth + d];
    score.push_back(sum * scale);
    top = std::fmax(top, score.back());
  }
  for (double& s : score) total += s = std::exp(s - top);
  std::vector<double> y(kWidth, 0.0);
  for (int j = first; j < last; ++j)
    for (int d = 0; d < kWidth; ++d)
      y[static_cast<std::size_t>(d)] +=
          score[static_cast<std::size_t>(j - first)] / total * values.row(j)[kv_head * kWidth + d];
  return y;
}

double worst_error(Mat y, Mat q, Mat keys, Mat values, int past, int window, float scale) {
  double worst = 0;
  for (int r = 0; r < q.rows; ++r)
    for (int h = 0; h < kHeads; ++h) {
      const int last = past + r + 1, first = window == 0 ? 0 : std::max(0, last - window);
      const auto want = expected(q.row(r) + h * kWidth, keys, values, h / (kHeads / kKvHeads),
                                 first, last, scale);
      for (int d = 0; d < kWidth; ++d)
        worst = std::fmax(
            worst, std::fabs(want[static_cast<std::size_t>(d)] - double{y.row(r)[h * kWidth + d]}));
    }
  return worst;
}

// Half a step of a value that is at most 1, and what half a step of the keys' makes of the shares:
// e^(2 * 0.3 * 12 / 254) - 1, for queries and keys of at most 1. In the middle it is much less.
constexpr double kInt8Error = 1.0 / 254 + 0.029;

TEST_CASE("grouped attention over pages is softmax of scaled products, with and without a window") {
  for (const ops::PageType type : {ops::PageType::f32, ops::PageType::int8})
    for (const int rows : {1, 5, 40})
      for (const int window : {0, 9}) {
        const ops::PageLayout layout{type, kKvHeads, kWidth};
        const int past = 70, layer = 1;
        Pages pages(layout, 2, past + rows);
        Owned q(rows, kHeads * kWidth, 1), y(rows, kHeads * kWidth);
        Owned keys(past + rows, kKvHeads * kWidth, 2), values(past + rows, kKvHeads * kWidth, 3);
        const ops::Run all{.rows = past + rows, .pages = pages.list.data()};
        ops::store_keys_values({&all, 1}, keys.mat, values.mat, layout, layer, {});
        const ops::Run run{.rows = rows, .past = past, .pages = pages.list.data()};
        ops::attend(y.mat, q.mat, {&run, 1}, layout, layer, {.scale = 0.3f, .window = window}, {},
                    {});
        CHECK(worst_error(y.mat, q.mat, keys.mat, values.mat, past, window, 0.3f) <
              (type == ops::PageType::f32 ? 2e-6 : kInt8Error));
      }
}

void check_sequences(const ops::PageLayout& layout) {
  const int pasts[] = {3, 17, 40}, counts[] = {1, 6, 2};
  Owned q(9, kHeads * kWidth, 4), together(9, kHeads * kWidth), alone(9, kHeads * kWidth);
  std::vector<Pages> pages;
  std::vector<ops::Run> runs;
  int row = 0;
  for (unsigned i = 0; i < 3; ++i) {
    const int length = pasts[i] + counts[i];
    pages.emplace_back(layout, 1, length);
    Owned keys(length, kKvHeads * kWidth, 10 + i), values(length, kKvHeads * kWidth, 20 + i);
    const ops::Run all{.rows = length, .pages = pages.back().list.data()};
    ops::store_keys_values({&all, 1}, keys.mat, values.mat, layout, 0, {});
    runs.push_back({.first_row = row, .rows = counts[i], .past = pasts[i]});
    row += counts[i];
  }
  for (std::size_t i = 0; i < 3; ++i) runs[i].pages = pages[i].list.data();
  for (const ops::Run& run : runs)
    ops::attend(alone.mat, q.mat, {&run, 1}, layout, 0, {.scale = 1.0f}, {}, {});
  core::parallel(3, [&](core::Team team) {
    ops::attend(together.mat, q.mat, runs, layout, 0, {.scale = 1.0f}, {}, team);
  });
  CHECK(std::memcmp(together.numbers.data(), alone.numbers.data(),
                    alone.numbers.size() * sizeof(float)) == 0);
}

TEST_CASE("rows of several sequences in one step equal the sequences one by one") {
  for (const ops::PageType type : {ops::PageType::f16, ops::PageType::int8})
    check_sequences({type, kKvHeads, kWidth});
}

TEST_CASE("heads of int8 pages are aligned, and have the room of their integers and scales") {
  for (const int d_head : {1, 12, 64, 512}) {
    const ops::PageLayout layout{ops::PageType::int8, 3, d_head};
    CHECK(layout.key_bytes() == 16 * d_head + 64);
    CHECK(layout.value_bytes() == 16 * kernels::value_stride(d_head) + 64);
    for (const int head : {0, 1, 2}) {
      const std::int64_t keys = layout.key_offset(2, head), values = layout.value_offset(2, head);
      CHECK(keys % kernels::kAlignment == 0);
      CHECK(values % kernels::kAlignment == 0);
      CHECK(values >= keys + layout.key_bytes());
      CHECK(layout.key_offset(2, head + 1) >= values + layout.value_bytes());
    }
  }
}

}  // namespace
