#include "engine/generate/cutoff.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "engine/generate/random.h"

namespace linnet::generate {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Row {
  std::vector<float> logits{};
  std::vector<std::uint32_t> ids{};
  std::vector<float> weights{};
  float top = -kInfinity;

  Tokens tokens(bool weighed) const {
    return {logits, top, ids, weighed ? std::span<const float>(weights) : std::span<const float>()};
  }
};

// Every second or third id of a vocabulary, and weights that have nothing to do with the logits.
Row row_of(const std::vector<float>& some, Random& random) {
  Row row;
  for (const float logit : some) {
    row.logits.resize(row.logits.size() + 1 + random.next() % 2, kInfinity);
    row.ids.push_back(static_cast<std::uint32_t>(row.logits.size()));
    row.logits.push_back(logit);
    row.weights.push_back(static_cast<float>(random.uniform()) / static_cast<float>(some.size()));
    row.top = std::max(row.top, logit);
  }
  return row;
}

void check(const Row& row) {
  std::vector<std::size_t> order(row.ids.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return row.logits[row.ids[a]] > row.logits[row.ids[b]];
  });
  Cutoff cutoff(static_cast<int>(row.logits.size()));
  const std::size_t step = std::max<std::size_t>(1, order.size() / 29);
  for (const bool weighed : {false, true}) {
    const Tokens tokens = row.tokens(weighed);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::uint64_t before = sum;
      sum += weighed ? mass_of(row.weights[order[i]]) : 1;
      if (i % step != 0 && i + 1 != order.size()) continue;
      CHECK(cutoff.find(tokens, sum).at == order[i]);
      CHECK(cutoff.find(tokens, before + 1).at == order[i]);
    }
    const Cutoff::Found none = cutoff.find(tokens, sum + 1);
    CHECK(none.at == order.size());
    CHECK(none.sum == sum);
  }
}

TEST_CASE("A sum reaches its goal where it does in the sorted order, however the logits lie") {
  Random random(5);
  for (const int count : {1, 2, 127, 128, 129, 3000}) {
    CAPTURE(count);
    std::vector<float> logits(static_cast<std::size_t>(count));
    const auto check_all = [&](const char* how, const auto& logit) {
      CAPTURE(how);
      for (float& each : logits) each = logit(random.uniform());
      logits[logits.size() / 2] = 1;
      check(row_of(logits, random));
    };
    check_all("apart", [](double x) { return static_cast<float>(20 * x - 19); });
    check_all("in steps", [](double x) { return static_cast<float>(static_cast<int>(9 * x)) / 8; });
    check_all("equal", [](double) { return 1.0f; });
    check_all("both zeros", [](double x) { return x < 0.5 ? 0.0f : -0.0f; });
    check_all("the last bits", [](double x) { return 1 - static_cast<float>(3e-5 * x); });
    check_all("about 0", [](double x) { return static_cast<float>(1e-4 * (x - 0.5)); });
    check_all("subnormal", [](double x) { return static_cast<float>(1e-40 * (x - 0.5)); });
    check_all("far below", [](double x) { return static_cast<float>(-1e30 * x); });
    check_all("suppressed", [](double x) { return x < 0.9 ? -kInfinity : static_cast<float>(x); });
    check_all("beyond the range of differences",
              [](double x) { return x < 0.5 ? std::numeric_limits<float>::lowest() : 0.5f; });
  }
}

TEST_CASE("A mass is the nearest multiple of 2^-52") {
  CHECK(mass_of(0.0f) == 0);
  CHECK(mass_of(1.0f) == std::uint64_t{1} << 52);
  CHECK(mass_of(0.75f) == std::uint64_t{3} << 50);
  CHECK(mass_of(0x1p-52f) == 1);
  CHECK(mass_of(0x1.8p-53f) == 1);
  CHECK(mass_of(0x1p-54f) == 0);
  CHECK(mass_of(0x1.000002p-23f) == (std::uint64_t{1} << 29) + (std::uint64_t{1} << 6));
}

}  // namespace
}  // namespace linnet::generate
