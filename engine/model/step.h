#pragma once

#include <functional>
#include <span>

#include "engine/core/mat.h"
#include "engine/core/parallel.h"
#include "engine/model/kv_cache.h"
#include "engine/model/workspace.h"

namespace linnet::model {

// Sees activations as they are computed: name of the place ("queries", "attended", "ffn", ...),
// layer (-1 outside of layers), and the numbers, which are only valid during the call.
using Watch = std::function<void(const char* name, int layer, core::Mat x)>;

// A question for the weights of one layer's cross attention (engine/ops/alignment.h).
struct Alignment {
  core::Mat weights = {};  // [rows, 2 * source positions]
  int layer = 0, heads = 0;
};

// One forward step as every operation inside it sees it. Copied into each thread of the team; what
// it refers to outlives the step.
struct Step {
  std::span<const ops::Run> runs = {};  // rows of the step by sequence, in order, without gaps
  const PageLayout* layout = nullptr;
  ops::PositionBias bias = {};  // of self attention
  core::Mat learned = {};       // positions [., d_model] in place of the learned ones, or empty
  // What cross attention reads, for the same rows in the same order; in an encoder's step, where
  // its keys and values are written.
  std::span<const ops::Run> memory = {};
  const PageLayout* memory_layout = nullptr;
  Workspace* ws = nullptr;
  core::Team team;
  const Watch* watch = nullptr;
  const Alignment* alignment = nullptr;  // null: nobody asks

  void show(const char* name, int layer, core::Mat x) const {
    if (watch == nullptr || !*watch) return;
    team.meet();
    if (team.leads()) (*watch)(name, layer, x);
    team.meet();
  }
};

}  // namespace linnet::model
