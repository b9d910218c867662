#pragma once

#include <cstdint>

#include "engine/core/arena.h"
#include "engine/core/mat.h"
#include "engine/core/weight.h"
#include "engine/model/spec.h"
#include "engine/ops/attention.h"
#include "engine/ops/rope.h"

namespace linnet::model {

using ops::PageLayout;
using ops::PageType;

enum class Side { encoder, decoder };

// Every scratch buffer of a forward step over at most `tokens` rows, carved from one arena.
// Rows are padded to whole panels, so that linear layers may write all of a panel.
struct Workspace {
  core::Mat x;                    // [tokens, d_model], the residual stream
  core::Mat normed, branch;       // [tokens, d_model]
  core::Mat queries, attended;    // [tokens, heads * d_head]
  core::Mat keys, values;         // [tokens, kv_heads * d_head], the widest of the step's pages
  core::Mat up, gate;             // [tokens, d_ff]; gate only if the stack is gated
  core::Mat logits;               // [logit_rows, vocab]; none beside a decoder
  core::Mat embedded;             // [tokens, width], narrower embeddings of an encoder alone, or
                                  // the vectors that it projects
  core::Mat classes;              // [tokens, classes], of an encoder alone that has some
  core::Mat mixed;                // [decoder layers * tokens, d_model], sums of an encoder's layers
  core::Rows8 quantized;          // room for the widest input of a linear layer
  ops::Rotation rotation;         // [tokens, pairs]
  ops::Rotation window_rotation;  // the same of layers with a rotary of their own, or empty
  int* positions = nullptr;       // [tokens]

  // The first rows of keys and values as wide as those pages.
  core::Mat keys_of(const PageLayout& layout, int rows) const { return narrow(keys, layout, rows); }
  core::Mat values_of(const PageLayout& layout, int rows) const {
    return narrow(values, layout, rows);
  }
  // The mixture that a decoder layer reads.
  core::Mat mixed_of(int layer, int rows) const {
    return mixed.slice(layer * (mixed.rows / mixes), rows);
  }
  int mixes = 1;  // decoder layers that have one

  // The bytes that allocate will ask for; invalid if they leave memory's range.
  static core::Checked bytes_needed(const Spec& spec, Side side, int tokens, int logit_rows);
  // False if the memory cannot be had. The spec is checked, tokens and (in a decoder) logit_rows
  // are >= 1.
  [[nodiscard]] bool allocate(const Spec& spec, Side side, int tokens, int logit_rows);

 private:
  static core::Mat narrow(core::Mat x, const PageLayout& layout, int rows) {
    return {x.data, rows, layout.kv_heads * layout.d_head, x.stride};
  }
  void carve(core::Arena& arena, const Spec& spec, Side side, int tokens, int logit_rows);
  core::Arena arena_;
};

}  // namespace linnet::model
