#include "engine/ops/sincos.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>

using linnet::ops::sincos;

namespace {

// Within one unit in the last place of a float near the true value.
bool close(float got, double want) {
  const double unit = std::fmax(std::fabs(want), 0x1p-100) * 0x1p-23;
  return std::fabs(static_cast<double>(got) - want) <= unit;
}

std::uint32_t bits(float value) {
  std::uint32_t out;
  std::memcpy(&out, &value, sizeof out);
  return out;
}

TEST_CASE("sine and cosine agree with the C library within one unit in the last place") {
  int wrong = 0;
  for (int i = 0; i < 200000; ++i) {
    const double angle = i * 0.731 + 1e-9 * i * i;
    const auto turn = sincos(angle);
    if (!close(turn.sine, std::sin(angle)) || !close(turn.cosine, std::cos(angle))) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("sine and cosine of zero are exact") {
  CHECK(sincos(0.0).sine == 0.0f);
  CHECK(sincos(0.0).cosine == 1.0f);
}

// The number was computed on x86-64; every architecture has to find it again.
TEST_CASE("sine and cosine have the same bits on every machine") {
  std::uint64_t hash = 14695981039346656037u;
  for (int i = 0; i < 20000; ++i) {
    const auto turn = sincos(i * 1.25 + i * i * 0x1p-20);
    hash = (hash ^ bits(turn.sine)) * 1099511628211u;
    hash = (hash ^ bits(turn.cosine)) * 1099511628211u;
  }
  CHECK(hash == 5089924614560077341u);
}

}  // namespace
