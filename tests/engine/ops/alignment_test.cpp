#include "engine/ops/alignment.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "engine/core/crew.h"

namespace {

using namespace linnet;
using core::Mat;

constexpr int kHeads = 6, kKvHeads = 2, kWidth = 12, kLayer = 1, kPositions = 37;

std::vector<float> numbers(int count, unsigned seed) {
  std::vector<float> all(static_cast<std::size_t>(count));
  for (float& n : all) {
    seed = seed * 1664525u + 1013904223u;
    n = static_cast<float>(seed >> 8) * 0x1p-23f - 1.0f;
  }
  return all;
}

struct Asked {
  ops::PageLayout layout{ops::PageType::f32, kKvHeads, kWidth};
  std::vector<std::byte> memory;
  std::vector<std::byte*> pages;
  std::vector<float> q, k, weights;
  std::vector<ops::Run> runs;
  int rows;

  explicit Asked(int rows_, ops::PageType type = ops::PageType::f32)
      : layout{type, kKvHeads, kWidth},
        q(numbers(rows_ * kHeads * kWidth, 1)),
        k(numbers(kPositions * kKvHeads * kWidth, 2)),
        weights(static_cast<std::size_t>(rows_ * 2 * kPositions), -1.0f),
        rows(rows_) {
    const std::int64_t bytes = layout.layer_bytes() * 2;
    const int count = (kPositions + kernels::kPage - 1) / kernels::kPage;
    memory.resize(static_cast<std::size_t>(bytes * count + kernels::kAlignment));
    const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    std::byte* first = memory.data() + (kernels::kAlignment - address % kernels::kAlignment);
    for (int i = 0; i < count; ++i) pages.push_back(first + i * bytes);
    const ops::Run all{.rows = kPositions, .pages = pages.data()};
    const Mat keys{k.data(), kPositions, kKvHeads * kWidth, kKvHeads * kWidth};
    ops::store_keys_values({&all, 1}, keys, keys, layout, kLayer, {});
    // One run for the first row, another source's length for the others.
    runs = {{.first_row = 0, .rows = 1, .seen = kPositions, .pages = pages.data()},
            {.first_row = 1, .rows = rows - 1, .seen = 20, .pages = pages.data()}};
  }

  const std::vector<float>& align(int heads, float cap = 0, int threads = 1) {
    core::parallel(threads, [&](core::Team team) {
      ops::align({weights.data(), rows, 2 * kPositions, 2 * kPositions},
                 {q.data(), rows, kHeads * kWidth, kHeads * kWidth}, heads, runs, layout, kLayer,
                 {.scale = 0.4f, .soft_cap = cap}, team);
    });
    return weights;
  }
  double expected(int row, int position, int heads, double cap) const {
    const int seen = row == 0 ? kPositions : 20;
    double mean = 0;
    for (int head = 0; head < heads; ++head) {
      double total = 0, own = 0;
      for (int j = 0; j < seen; ++j) {
        double sum = 0;
        for (int d = 0; d < kWidth; ++d)
          sum += double{q[static_cast<std::size_t>((row * kHeads + head) * kWidth + d)]} *
                 k[static_cast<std::size_t>((j * kKvHeads + head / 3) * kWidth + d)];
        sum *= 0.4;
        const double e = std::exp(cap > 0 ? cap * std::tanh(sum / cap) : sum);
        total += e;
        if (j == position) own = e;
      }
      mean += own / total / heads;
    }
    return mean;
  }
};

TEST_CASE("weights are the mean over heads of softmax of scaled products, capped or not") {
  for (const int heads : {1, 4, kHeads})
    for (const float cap : {0.0f, 0.5f}) {
      Asked asked(5);
      const std::vector<float>& weights = asked.align(heads, cap);
      for (int row = 0; row < 5; ++row)
        for (int j = 0; j < (row == 0 ? kPositions : 20); ++j)
          CHECK(std::fabs(double{weights[static_cast<std::size_t>(row * 2 * kPositions + j)]} -
                          asked.expected(row, j, heads, double{cap})) < 1e-6);
    }
}

TEST_CASE("weights that nobody sees are not written, and keys of fewer bits change little") {
  Asked asked(3), half(3, ops::PageType::f16), quarter(3, ops::PageType::int8);
  const std::vector<float>&a = asked.align(1), &b = half.align(1), &c = quarter.align(1);
  CHECK(a[static_cast<std::size_t>(2 * kPositions + 20)] == -1.0f);
  for (std::size_t j = 0; j < kPositions; ++j) {
    CHECK(std::fabs(a[j] - b[j]) < 1e-3f);
    // A score errs by at most 0.4 * 12 / 254, of which most cancels.
    CHECK(std::fabs(a[j] - c[j]) < 0.02f * a[j]);
  }
}

TEST_CASE("weights are the same bits on one thread and on three") {
  for (const ops::PageType type : {ops::PageType::f32, ops::PageType::int8}) {
    Asked one(11, type), three(11, type);
    const std::vector<float>&a = one.align(kHeads), &b = three.align(kHeads, 0, 3);
    CHECK(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
  }
}

}  // namespace
