#pragma once

#include <span>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/model/block.h"
#include "engine/model/spec.h"
#include "engine/model/step.h"

namespace linnet::model {

// One stack of layers with what stands before and after them.
struct Layers {
  core::Weight tokens, positions, relative;
  ops::Norm embed_norm, final_norm;
  std::vector<Block> blocks;
};

// What an encoder alone has besides.
struct ReadingLayers {
  core::Weight types;
  ops::Linear project;
  const float* first = nullptr;  // [d_model] in front of a sequence of vectors, or null
  ops::Linear pooler, classes, transform;
  ops::Norm pooler_norm, transform_norm;
  ops::Activation pooler_activation = {}, transform_activation = {};
};

// A Spec and its bound weights: immutable, shared by sessions and threads. The bundle that it was
// bound to outlives it.
class Transformer {
 public:
  // Finds every tensor that the Spec implies. Errors: corrupt if one is missing, is left over or
  // has another shape; unsupported if this build cannot run the Spec.
  static core::Result<Transformer> bind(const core::Bundle& bundle, Spec spec);

  const Spec& spec() const { return spec_; }
  // Of the decoder's own pages, and of those that its cross attention reads.
  PageLayout page_layout(PageType type) const {
    return {type, spec_.decoder.kv_heads, spec_.decoder.d_head};
  }
  // Of the pages of one layer of the encoder.
  PageLayout encoder_layout(PageType type) const {
    return {type, spec_.encoder.kv_heads, spec_.encoder.d_head};
  }
  bool translates() const { return spec_.encoder.layers > 0 && !reads(); }
  bool reads() const { return spec_.reads(); }

  // Runs the encoder over the sources that stand in step.runs, each all of its rows, and writes the
  // keys and values of every decoder layer's cross attention into step.memory. tokens[r] lies in
  // the source vocabulary; step.ws is an encoder's. Called by every thread of the team; meets at
  // the end.
  void encode(std::span<const int> tokens, const Step& step) const;

  // Runs the decoder's layers over the rows of step.runs. tokens[r] is the token of row r and lies
  // in the vocabulary. Afterwards ws.x [rows, d_model] holds the last layer's output of the last
  // `wanted` rows; of the others the last layer makes keys and values only. Less than all rows may
  // be wanted where the step is one run. Called by every thread of the team; meets at the end.
  void forward(std::span<const int> tokens, int wanted, const Step& step) const;

  // Of an encoder alone: runs it over the sequences of step.runs, each all of its rows. tokens[r]
  // and types[r] (none: all 0) lie in the vocabulary and among the token types. Afterwards ws.x
  // [rows, d_model] holds the hidden states. Called by every thread of the team, as are the next
  // four; meets at the end, as they do.
  void read(std::span<const int> tokens, std::span<const int> types, const Step& step) const;
  // The same of a model that reads vectors: those of run i are vectors[i] [run.rows,
  // vectors.width], or one row less where a learned vector stands in front.
  void read(std::span<const core::Mat> vectors, const Step& step) const;
  // After that: row i of ws.branch becomes what is pooled of run i.
  void pool(Pooling pooling, const Step& step) const;
  // ws.classes.row(i) becomes the scores of the classes of states.row(i), which may be rows of ws.x
  // or ws.branch, and ws.normed.row(i) what the pooler makes of it, where there are such.
  void classify(core::Mat states, const Step& step) const;
  // ws.logits.row(i) becomes the logits of the vocabulary for the hidden state in
  // ws.x.row(rows[i]).
  void words(std::span<const int> rows, const Step& step) const;

  // The bias of T5 (Raffel et al., 2020, section 2.1) or of ALiBi (Press et al., 2022) for the
  // distances within (-span, span), as ops::PositionBias reads it: to [heads][2 span - 1]. The
  // stack has Position::relative_bias or linear_bias.
  void fill_position_bias(Side side, int span, float* to) const;

  // The learned positions of a model that reads pictures, for pictures of another size: `to` gets
  // those of the first vector, if there is one, and of each square [first + grid, d_model], by
  // bicubic interpolation between those that were learned.
  void fill_positions(Grid grid, core::Mat to) const;

  // The logits of `rows` rows from `first_row` on, into the first rows of ws.logits (after
  // forward; at most ws.logits.rows of them). Called by every thread; meets at the end.
  void logits(int first_row, int rows, const Step& step) const;

 private:
  explicit Transformer(Spec spec) : spec_(std::move(spec)) {}
  void embed(std::span<const int> tokens, std::span<const int> types, const Stack& s,
             const Layers& layers, const Step& step) const;
  void embed(std::span<const core::Mat> vectors, const Step& step) const;
  void number(int rows, const Stack& s, const Step& step) const;
  void add_learned(core::Mat x, const Stack& s, const Layers& layers, const Step& step) const;
  void add_sinusoids(core::Mat x, const Stack& s, const Step& step) const;
  void run_layers(int rows, const Step& step) const;
  void remember(int layer, core::Mat x, const Step& step) const;
  void mix(int layer, core::Mat memory, const Step& step) const;

  Spec spec_;
  Layers encoder_, decoder_;
  std::vector<float> cross_mix_;  // [decoder layers][encoder layers], or empty
  ops::Linear head_;
  ReadingLayers reading_;

  friend class Binder;
};

}  // namespace linnet::model
