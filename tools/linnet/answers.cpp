#include "tools/linnet/answers.h"

#include <algorithm>
#include <cmath>

namespace linnet::tools {

core::Error not_numbers() {
  return {core::Fault::corrupt,
          "the model's answers are not all numbers; its weights may be damaged"};
}

core::Status check_finite(core::Mat x) {
  for (int row = 0; row < x.rows; ++row)
    if (!std::all_of(x.row(row), x.row(row) + x.cols, [](float v) { return std::isfinite(v); }))
      return not_numbers();
  return core::Done{};
}

std::string_view word_of(const text::Tokenizer& tokenizer, int id) {
  std::string_view piece = tokenizer.piece(id);
  if (piece.starts_with(' ')) piece.remove_prefix(1);
  return piece;
}

}  // namespace linnet::tools
