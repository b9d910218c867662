#pragma once

#include <cstring>

#include "kernels/kernels.h"
#include "kernels/pack.h"
#include "kernels/reference/math.h"

namespace linnet::kernels::reference {

// Number `index` of an array of floats or half-precision floats.
inline float page_value(const std::byte* array, PageType type, std::int64_t index) {
  if (type == PageType::f32) {
    float value;
    std::memcpy(&value, array + index * 4, sizeof value);
    return value;
  }
  std::uint16_t bits;
  std::memcpy(&bits, array + index * 2, sizeof bits);
  return from_f16(bits);
}
inline void set_page_value(std::byte* array, PageType type, std::int64_t index, float value) {
  if (type == PageType::f32) {
    std::memcpy(array + index * 4, &value, sizeof value);
  } else {
    const std::uint16_t bits = to_f16(value);
    std::memcpy(array + index * 2, &bits, sizeof bits);
  }
}

inline float score(const Attend& a, int row, int key) {
  const float* q = a.q + std::int64_t{row} * a.q_stride;
  const std::byte* keys = a.pages[key / kPage] + a.key_offset;
  float acc = 0.0f;
  for (int d = 0; d < a.d_head; ++d)
    acc = std::fma(q[d], page_value(keys, a.type, std::int64_t{d} * kPage + key % kPage), acc);
  float s = acc * a.scale;
  if (a.soft_cap != 0.0f) s = a.soft_cap * hyperbolic_tangent(s / a.soft_cap);
  if (a.bias) s = s + a.bias[std::int64_t{row} * a.bias_stride + key];
  return s;
}

// What one row has gathered so far.
struct Gathered {
  float top = -HUGE_VALF;
  float total[16] = {};
  float acc[kMaxHead] = {};
};

// The keys [from, to) of one block, at least one.
inline void gather_block(Gathered& g, const Attend& a, int row, int from, int to) {
  float p[kKeyBlock];
  float top = g.top;
  for (int j = from; j < to; ++j) {
    p[j - from] = score(a, row, j);
    top = p[j - from] > top ? p[j - from] : top;
  }
  const float fade = exponential(g.top - top);  // 0 for the first block, as e^-inf
  g.top = top;
  for (float& lane : g.total) lane = lane * fade;
  for (int d = 0; d < a.d_head; ++d) g.acc[d] = g.acc[d] * fade;
  for (int j = from; j < to; ++j) {
    const float share = exponential(p[j - from] - top);
    g.total[j % 16] += share;
    const std::byte* values = a.pages[j / kPage] + a.value_offset;
    const std::int64_t first = std::int64_t{j % kPage} * value_stride(a.d_head);
    for (int d = 0; d < a.d_head; ++d)
      g.acc[d] = std::fma(share, page_value(values, a.type, first + d), g.acc[d]);
  }
}

inline void attend(const Attend& a) {
  for (int row = 0; row < a.rows; ++row) {
    Gathered g;
    for (int from = a.first[row]; from < a.last[row];) {
      const int end = (from / kKeyBlock + 1) * kKeyBlock;
      const int to = end < a.last[row] ? end : a.last[row];
      gather_block(g, a, row, from, to);
      from = to;
    }
    const float inverse = a.first[row] < a.last[row] ? 1.0f / tree(g.total) : 0.0f;
    float* y = a.y + std::int64_t{row} * a.y_stride;
    for (int d = 0; d < a.d_head; ++d) y[d] = g.acc[d] * inverse;
  }
}

inline void store_key_value(const StoreKeyValue& a) {
  for (int d = 0; d < a.d_head; ++d)
    set_page_value(a.page + a.key_offset, a.type, std::int64_t{d} * kPage + a.slot, a.key[d]);
  const int stride = value_stride(a.d_head);
  for (int d = 0; d < stride; ++d)
    set_page_value(a.page + a.value_offset, a.type, std::int64_t{a.slot} * stride + d,
                   d < a.d_head ? a.value[d] : 0.0f);
}

}  // namespace linnet::kernels::reference
