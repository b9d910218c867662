#pragma once

#include <cassert>
#include <cstddef>

namespace linnet::core {

// A view of rows x cols floats; row r begins at data + r * stride. Rows are tokens, columns are
// features. Owns nothing: the arena (or the test) that made the numbers outlives the view.
struct Mat {
  float* data = nullptr;
  int rows = 0, cols = 0, stride = 0;

  float* row(int r) const { return data + static_cast<std::ptrdiff_t>(r) * stride; }
  Mat columns(int first, int count) const {
    assert(first >= 0 && count >= 0 && first + count <= cols);
    return {data + first, rows, count, stride};
  }
  Mat slice(int first, int count) const {
    assert(first >= 0 && count >= 0 && first + count <= rows);
    return {row(first), count, cols, stride};
  }
  Mat top(int count) const { return slice(0, count); }
};

}  // namespace linnet::core
