#pragma once

#include <cstddef>
#include <cstring>
#include <utility>

#include "kernels/pack.h"
#include "tests/support/bits.h"

// Queries, pages and masks for tests of attention.
namespace linnet::support {

using kernels::PageType;

struct AttentionShape {
  int rows, d_head, positions;
  PageType type = PageType::f32;
  bool biased = false;
  float soft_cap = 0.0f;
};

// Pages whose unused slots hold NaN (every byte is 0xff), in no order, with something else before
// and between the keys and values.
class AttentionSetup {
 public:
  AttentionSetup(const AttentionShape& given, Random& random) : shape(given) {
    q_stride = shape.d_head + random.below(3);
    q = random_floats(random, shape.rows * q_stride, -2.0f, 2.0f);
    make_pages(random);
    first.assign(size(shape.rows), 0);
    last.assign(size(shape.rows), shape.positions);
    bias_stride = shape.positions + random.below(3);
    if (shape.biased) bias = random_floats(random, shape.rows * bias_stride, -1.0f, 1.0f);
    scale = random.uniform(0.2f, 1.0f);
  }

  // Row r sees the keys up to its own position, at most `window` of them.
  void see_causally(int past, int window = 1 << 30) {
    for (int r = 0; r < shape.rows; ++r) {
      last[size(r)] = past + r + 1;
      first[size(r)] = past + r + 1 > window ? past + r + 1 - window : 0;
    }
  }
  void see_anything(Random& random) {
    for (int r = 0; r < shape.rows; ++r) {
      int a = random.below(shape.positions + 1), b = random.below(shape.positions + 1);
      if (random.below(8) == 0) a = b;
      first[size(r)] = a < b ? a : b;
      last[size(r)] = a < b ? b : a;
    }
  }

  // The rows from `from` to `to` in one call; y has padding of 7 that must stay.
  std::vector<float> attend(const kernels::Table& table, int from, int to) const {
    const int y_stride = shape.d_head + 1;
    std::vector<float> y(size((to - from) * y_stride), 7.0f), packed;
    table.attend({.q = q.data() + from * q_stride,
                  .q_stride = q_stride,
                  .rows = to - from,
                  .first = first.data() + from,
                  .last = last.data() + from,
                  .pages = pages.data(),
                  .key_offset = key_offset,
                  .value_offset = value_offset,
                  .type = shape.type,
                  .d_head = shape.d_head,
                  .scale = scale,
                  .soft_cap = shape.soft_cap,
                  .bias = shape.biased ? bias.data() + from * bias_stride : nullptr,
                  .bias_stride = bias_stride,
                  .y = y.data(),
                  .y_stride = y_stride});
    return y;
  }
  std::vector<float> attend(const kernels::Table& table) const {
    return attend(table, 0, shape.rows);
  }

  // The number that the page holds for element d of a key or value.
  double key(int position, int d) const {
    return number(pages[size(position / 16)] + key_offset, d * 16 + position % 16) *
           scale_at(position, key_offset + kernels::key_scales_offset(shape.d_head));
  }
  double value(int position, int d) const {
    const int stride = kernels::value_stride(shape.d_head);
    return number(pages[size(position / 16)] + value_offset, position % 16 * stride + d) *
           scale_at(position, value_offset + kernels::value_scales_offset(shape.d_head));
  }
  // Writes over every slot from `position` on.
  void spoil_from(int position, float garbage) {
    const std::vector<float> row(size(shape.d_head), garbage);
    for (int p = position; p < static_cast<int>(pages.size()) * 16; ++p) store(p, row, row);
  }
  void store(int position, const std::vector<float>& k, const std::vector<float>& v) {
    kernels::find("reference")
        ->store_key_value({.key = k.data(),
                           .value = v.data(),
                           .page = const_cast<std::byte*>(pages[size(position / 16)]),
                           .key_offset = key_offset,
                           .value_offset = value_offset,
                           .type = shape.type,
                           .d_head = shape.d_head,
                           .slot = position % 16});
  }

  AttentionShape shape;
  std::vector<float> q, bias;
  std::vector<int> first, last;
  std::vector<const std::byte*> pages;
  int q_stride, bias_stride;
  std::int64_t key_offset = 64, value_offset = 0;
  float scale;

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  static std::size_t size(int n) { return static_cast<std::size_t>(n); }

  void make_pages(Random& random) {
    value_offset =
        kernels::round_up(key_offset + kernels::key_page_bytes(shape.type, shape.d_head), 64) + 64;
    const std::int64_t lines =
        (value_offset + kernels::value_page_bytes(shape.type, shape.d_head) + 64) / 64;
    const int count = (shape.positions + 15) / 16;
    memory_.resize(static_cast<std::size_t>(lines * count));
    std::memset(memory_.data(), 0xff, memory_.size() * sizeof(Line));
    for (int p = 0; p < count; ++p)
      pages.push_back(memory_[size(p) * static_cast<std::size_t>(lines)].bytes);
    for (int p = count - 1; p > 0; --p) std::swap(pages[size(p)], pages[size(random.below(p + 1))]);
    for (int p = 0; p < shape.positions; ++p) {
      const auto k = random_floats(random, shape.d_head, -2.0f, 2.0f);
      store(p, k, random_floats(random, shape.d_head, -2.0f, 2.0f));
    }
  }
  double number(const std::byte* array, int index) const {
    if (shape.type == PageType::int8) return static_cast<std::int8_t>(array[index]);
    if (shape.type == PageType::f32) {
      float value;
      std::memcpy(&value, array + index * 4, sizeof value);
      return value;
    }
    std::uint16_t bits;
    std::memcpy(&bits, array + index * 2, sizeof bits);
    return kernels::from_f16(bits);
  }

  // Of a position; the scales of its page begin there.
  double scale_at(int position, std::int64_t scales) const {
    if (shape.type != PageType::int8) return 1;
    float own;
    std::memcpy(&own, pages[size(position / 16)] + scales + position % 16 * 4, sizeof own);
    return own;
  }

  std::vector<Line> memory_;
};

}  // namespace linnet::support
