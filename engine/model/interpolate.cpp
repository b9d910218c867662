#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "engine/model/transformer.h"
#include "engine/ops/embed.h"

// Cubic convolution (Keys, 1981) with a = -0.75 between the centres of squares, without a wider
// filter where there are fewer of them: what transformers asks of torch for ViT. With + - * / alone
// and without fused operations, so that every machine has the same bits.
namespace linnet::model {
namespace {

// The four neighbours of a new place, and their weights.
struct Neighbours {
  std::array<int, 4> at;
  std::array<double, 4> weight;
};

std::vector<Neighbours> neighbours(int from, int to) {
  constexpr double a = -0.75;
  const auto near = [](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  std::vector<Neighbours> all;
  for (int i = 0; i < to; ++i) {
    const double place = double{static_cast<double>(from)} / to * (i + 0.5) - 0.5;
    const int left = static_cast<int>(place + 1) - 1;  // it is above -1
    const double t = place - left;
    Neighbours n{{}, {far(t + 1), near(t), near(1 - t), far(2 - t)}};
    for (int k = 0; k < 4; ++k)
      n.at[static_cast<std::size_t>(k)] = std::clamp(left - 1 + k, 0, from - 1);
    all.push_back(n);
  }
  return all;
}

}  // namespace

void Transformer::fill_positions(Grid grid, core::Mat to) const {
  const Stack& s = spec_.encoder;
  const Grid own = spec_.pictures.grid();
  const int lead = spec_.vectors.first ? 1 : 0;
  const auto width = static_cast<std::size_t>(s.d_model);
  const auto learned = [&](int i, float* row) {
    ops::unpack_row(row, encoder_.positions, s.position_start + i);
  };
  if (lead > 0) learned(0, to.row(0));
  const std::vector<Neighbours> down = neighbours(own.rows, grid.rows),
                                across = neighbours(own.columns, grid.columns);
  std::vector<float> row(width);
  std::vector<double> sum(width), line(width);
  for (int square = 0; square < grid.count(); ++square) {
    const Neighbours &y = down[static_cast<std::size_t>(square / grid.columns)],
                     &x = across[static_cast<std::size_t>(square % grid.columns)];
    std::fill(sum.begin(), sum.end(), 0.0);
    for (std::size_t j = 0; j < 4; ++j) {
      std::fill(line.begin(), line.end(), 0.0);
      for (std::size_t k = 0; k < 4; ++k) {
        learned(lead + y.at[j] * own.columns + x.at[k], row.data());
        for (std::size_t i = 0; i < width; ++i) line[i] += x.weight[k] * double{row[i]};
      }
      for (std::size_t i = 0; i < width; ++i) sum[i] += y.weight[j] * line[i];
    }
    std::transform(sum.begin(), sum.end(), to.row(lead + square),
                   [](double number) { return static_cast<float>(number); });
  }
}

}  // namespace linnet::model
