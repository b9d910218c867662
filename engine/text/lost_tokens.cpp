#include "engine/text/lost_tokens.h"

#include <cmath>

#include "engine/core/limits.h"

namespace linnet::text {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

Result<LostTokens> LostTokens::from(const core::Bundle& bundle, const Vocabulary& vocabulary) {
  auto tokens = bundle.get("tokenizer.lost_tokens", core::Strings{});
  if (!tokens) return tokens.error();
  auto scores = bundle.get("tokenizer.lost_scores", std::span<const float>{});
  if (!scores) return scores.error();
  const std::size_t count = tokens->ends.size();
  if (count != scores->size() || count > static_cast<std::size_t>(core::limits::kVocabulary))
    return Error{Fault::corrupt, say("the tokenizer has ", count, " lost tokens and ",
                                     scores->size(), " scores of them")};
  if (count > 0 && vocabulary.unknown() < 0)
    return Error{Fault::corrupt, "the tokenizer loses tokens but has none for the unknown"};
  for (int i = 0; i < tokens->size(); ++i)
    if ((*tokens)[i].empty() ||
        static_cast<std::int64_t>((*tokens)[i].size()) > core::limits::kTokenBytes ||
        !std::isfinite((*scores)[static_cast<std::size_t>(i)]))
      return Error{Fault::corrupt,
                   say("lost token ", i, " of the tokenizer has a length or score out of range")};
  return LostTokens{*tokens, *scores};
}

}  // namespace linnet::text
