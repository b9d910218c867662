#include "engine/ops/linear.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "engine/core/crew.h"
#include "engine/ops/embed.h"
#include "tests/support/tiny_model.h"

namespace {

using namespace linnet;
using core::Dtype;
using core::Mat;

// Two linear layers that read the same input, from a model of random weights.
struct Layers {
  core::Bundle bundle;
  ops::Linear gate, up;
  explicit Layers(Dtype dtype) : bundle(support::tiny_model(support::tiny_llama(), dtype)) {
    gate.weight = bundle.weight("decoder.0.ffn.gate.weight")->weight;
    up.weight = bundle.weight("decoder.0.ffn.up.weight")->weight;
  }
};

constexpr int kIn = 48, kOut = 172, kStride = 176;

std::vector<float> inputs(int rows) {
  std::vector<float> x(static_cast<std::size_t>(rows * kIn));
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(std::sin(static_cast<double>(i) * 0.7));
  return x;
}

struct Outputs {
  std::vector<float> gate, up;
  bool operator==(const Outputs& other) const {
    return std::memcmp(gate.data(), other.gate.data(), gate.size() * 4) == 0 &&
           std::memcmp(up.data(), other.up.data(), up.size() * 4) == 0;
  }
};

Outputs run(const Layers& layers, std::vector<float>& x, int rows, int threads) {
  Outputs out;
  out.gate.resize(static_cast<std::size_t>(rows * kStride));
  out.up = out.gate;
  alignas(64) static std::int8_t q[64 * 64];
  static float scales[64 * 2];
  static std::int32_t sums[64 * 2];
  const core::Rows8 room{q, scales, sums, 64, kIn};
  const Mat in{x.data(), rows, kIn, kIn};
  const Mat gate{out.gate.data(), rows, kOut, kStride}, up{out.up.data(), rows, kOut, kStride};
  core::parallel(threads, [&](core::Team team) {
    const ops::Input input = ops::input(in, {&layers.gate, &layers.up}, room, team);
    ops::linear({{gate, &layers.gate}, {up, &layers.up}}, input, team);
  });
  return out;
}

TEST_CASE("a linear layer is the product with its unpacked rows") {
  for (const Dtype dtype : {Dtype::f32, Dtype::f16, Dtype::i8, Dtype::i8h, Dtype::i4, Dtype::i4h}) {
    INFO(core::name_of(dtype));
    const Layers layers(dtype);
    std::vector<float> x = inputs(5), row(kIn);
    const Outputs got = run(layers, x, 5, 1);
    double error = 0, size = 0;
    for (int o = 0; o < kOut; ++o) {
      ops::unpack_row(row.data(), layers.up.weight, o);
      for (int t = 0; t < 5; ++t) {
        double want = 0;
        for (int i = 0; i < kIn; ++i)
          want +=
              double{row[static_cast<std::size_t>(i)]} * x[static_cast<std::size_t>(t * kIn + i)];
        const double difference = want - double{got.up[static_cast<std::size_t>(t * kStride + o)]};
        error += difference * difference;
        size += want * want;
      }
    }
    // Rounding of floats, or of activations to one of 255 steps.
    CHECK(std::sqrt(error / size) < (layers.up.reads_int8() ? 1e-2 : 1e-6));
  }
}

TEST_CASE("several threads and a single row give the bits of all rows at once") {
  for (const Dtype dtype : {Dtype::f32, Dtype::f16, Dtype::i8, Dtype::i4}) {
    const Layers layers(dtype);
    std::vector<float> x = inputs(11);
    const Outputs all = run(layers, x, 11, 1);
    CHECK(run(layers, x, 11, 3) == all);
    for (int t = 0; t < 11; ++t) {
      std::vector<float> single(x.begin() + t * kIn, x.begin() + (t + 1) * kIn);
      const Outputs one = run(layers, single, 1, 2);
      CHECK(std::memcmp(one.up.data(), all.up.data() + t * kStride, kOut * 4) == 0);
      CHECK(std::memcmp(one.gate.data(), all.gate.data() + t * kStride, kOut * 4) == 0);
    }
  }
}

}  // namespace
