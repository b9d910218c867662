#pragma once

#include <span>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/model/block.h"
#include "engine/model/spec.h"
#include "engine/model/step.h"

namespace linnet::model {

// A Spec and its bound weights: immutable, shared by sessions and threads. The bundle that it was
// bound to outlives it.
class Transformer {
 public:
  // Finds every tensor that the Spec implies. Errors: corrupt if one is missing, is left over or
  // has another shape; unsupported if this build cannot run the Spec.
  static core::Result<Transformer> bind(const core::Bundle& bundle, Spec spec);

  const Spec& spec() const { return spec_; }
  PageLayout page_layout(PageType type) const {
    return {type, spec_.decoder.kv_heads, spec_.decoder.d_head};
  }

  // Runs the layers over the rows of step.runs. tokens[r] is the token of row r and lies in the
  // vocabulary. Afterwards ws.x [rows, d_model] holds the last layer's output. Called by every
  // thread of the team; meets at the end.
  void forward(std::span<const int> tokens, const Step& step) const;

  // The logits of `rows` rows from `first_row` on, into the first rows of ws.logits (after
  // forward; at most ws.logits.rows of them). Called by every thread; meets at the end.
  void logits(int first_row, int rows, const Step& step) const;

 private:
  explicit Transformer(Spec spec) : spec_(std::move(spec)) {}
  void embed(std::span<const int> tokens, const Step& step) const;

  Spec spec_;
  core::Weight token_table_, position_table_;
  ops::Norm embed_norm_, final_norm_;
  std::vector<Block> blocks_;
  ops::Linear head_;

  friend class Binder;
};

}  // namespace linnet::model
