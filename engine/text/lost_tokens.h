#pragma once

#include <span>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/vocabulary.h"

namespace linnet::text {

// Pieces that take part in spelling but have no id, because the model's vocabulary is smaller than
// the one its texts were cut with: each becomes the unknown token. While a text is spelled they are
// numbered on from the vocabulary's ids. Views of the bundle, whose keeper outlives this.
struct LostTokens {
  core::Strings tokens;
  std::span<const float> scores;  // one per token

  // Reads and checks `tokenizer.lost_tokens` and `lost_scores`.
  static core::Result<LostTokens> from(const core::Bundle& bundle, const Vocabulary& vocabulary);
};

}  // namespace linnet::text
