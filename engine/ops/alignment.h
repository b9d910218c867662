#pragma once

#include "engine/ops/attention.h"

namespace linnet::ops {

// The weights by which attention mixes its values, which attend() does not keep:
//   w[r][j] = mean over the first `heads` heads of softmax_j(scale * (q[r] . k[j]))
// for the `seen` positions j of each row's run; other columns are not written. Scores are sums of
// doubles in order, so that the bits are the same on every machine; they are not those of attend().
// `weights` [tokens, 2 * positions] holds the result in its first half and room in its second.
// Reads the rows of `queries` that are this thread's alone: nothing meets.
void align(core::Mat weights, core::Mat queries, int heads, std::span<const Run> runs,
           const PageLayout& layout, int layer, const HeadScores& scores, core::Team team);

}  // namespace linnet::ops
