#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/arena.h"
#include "kernels/kernels.h"

// Invented work for kernels, of any size: what `selftest` compares and `bench` times. Each problem
// owns its inputs and outputs; the same sizes and seed give the same numbers on every machine.
namespace linnet::tools {

// In [-1, 1).
std::vector<float> random_floats(std::int64_t count, std::uint64_t seed);

// y = x W^T + b for W [out, in]; `out` is a multiple of kPanel. The arguments that it gives out
// refer to it, and each call packs the weights again.
class MatmulProblem {
 public:
  MatmulProblem(int out, int in, int tokens, std::uint64_t seed);

  kernels::MatmulF32 f32(bool bias);
  kernels::MatmulF16 f16(bool bias);
  // The activations are quantised by `table`. Float16 scales need not stand for the weights.
  kernels::MatmulInt i8(const kernels::Table& table, kernels::ScaleFormat format, bool bias);
  kernels::MatmulInt i4(const kernels::Table& table, kernels::ScaleFormat format, bool bias);

  std::span<const float> y() const { return y_; }

 private:
  template <class Pack>
  const std::byte* pack(std::int64_t panel_bytes, const Pack& pack_panel);
  template <class PackPanel>
  kernels::MatmulInt integers(const kernels::GroupedLayout& layout, const PackPanel& pack_panel,
                              const kernels::Table& table, kernels::ScaleFormat format, bool bias);
  template <class W>
  kernels::Matmul<W> matmul(const std::byte* panels, std::int64_t panel_stride, bool bias);

  int out_, in_, tokens_;
  std::vector<float> w_, x_, bias_, y_;
  core::Arena weights_, activations_;
};

// Attention of one head's last `rows` queries over `keys` positions.
class AttendProblem {
 public:
  // `table` stores the keys and values.
  AttendProblem(const kernels::Table& table, kernels::PageType type, int d_head, int keys, int rows,
                std::uint64_t seed);

  kernels::Attend attend(float soft_cap = 0.0f);

  std::span<const float> y() const { return y_; }
  std::span<const std::byte> pages() const { return {first_page_, page_bytes_}; }

 private:
  kernels::PageType type_;
  int d_head_, rows_;
  std::int64_t value_offset_;
  std::vector<float> q_, y_;
  std::vector<int> first_, last_;
  core::Arena memory_;
  std::byte* first_page_;
  std::size_t page_bytes_;  // of all pages
  std::vector<std::byte*> pages_;
};

}  // namespace linnet::tools
