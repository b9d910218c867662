#pragma once

#include <cstring>

#include "kernels/kernels.h"
#include "kernels/pack.h"
#include "kernels/reference/math.h"
#include "kernels/reference/quantize.h"

namespace linnet::kernels::reference {

// Number `index` of an array of floats, half-precision floats or int8.
inline float page_value(const std::byte* array, PageType type, std::int64_t index) {
  if (type == PageType::int8) return static_cast<std::int8_t>(array[index]);
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

// The scale of a slot; the scales of its page begin there.
inline float slot_scale(const std::byte* scales, int slot) {
  return page_value(scales, PageType::f32, slot);
}

inline float score(const Attend& a, int row, int key) {
  const float* q = a.q + std::int64_t{row} * a.q_stride;
  const std::byte* keys = a.pages[key / kPage] + a.key_offset;
  float acc = 0.0f;
  for (int d = 0; d < a.d_head; ++d)
    acc = std::fma(q[d], page_value(keys, a.type, std::int64_t{d} * kPage + key % kPage), acc);
  if (a.type == PageType::int8)
    acc = acc * slot_scale(keys + key_scales_offset(a.d_head), key % kPage);
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
    float weight = share;
    if (a.type == PageType::int8)
      weight = share * slot_scale(values + value_scales_offset(a.d_head), j % kPage);
    for (int d = 0; d < a.d_head; ++d)
      g.acc[d] = std::fma(weight, page_value(values, a.type, first + d), g.acc[d]);
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

// Writes `count` integers to to[0], to[step] ... and gives their scale.
inline float store_int8(std::byte* to, int step, const float* from, int count) {
  Step size;
  for (int d = 0; d < count; ++d) size.see(from[d]);
  for (int d = 0; d < count; ++d)
    to[std::int64_t{d} * step] = static_cast<std::byte>(size.round(from[d]));
  return size.scale();
}

inline void store_key_value_int8(const StoreKeyValue& a) {
  const int stride = value_stride(a.d_head);
  std::byte* keys = a.page + a.key_offset;
  std::byte* values = a.page + a.value_offset;
  std::byte* row = values + std::int64_t{a.slot} * stride;
  set_page_value(keys + key_scales_offset(a.d_head), PageType::f32, a.slot,
                 store_int8(keys + a.slot, kPage, a.key, a.d_head));
  set_page_value(values + value_scales_offset(a.d_head), PageType::f32, a.slot,
                 store_int8(row, 1, a.value, a.d_head));
  for (int d = a.d_head; d < stride; ++d) row[d] = std::byte{0};
}

inline void store_key_value(const StoreKeyValue& a) {
  if (a.type == PageType::int8) return store_key_value_int8(a);
  for (int d = 0; d < a.d_head; ++d)
    set_page_value(a.page + a.key_offset, a.type, std::int64_t{d} * kPage + a.slot, a.key[d]);
  const int stride = value_stride(a.d_head);
  for (int d = 0; d < stride; ++d)
    set_page_value(a.page + a.value_offset, a.type, std::int64_t{a.slot} * stride + d,
                   d < a.d_head ? a.value[d] : 0.0f);
}

}  // namespace linnet::kernels::reference
