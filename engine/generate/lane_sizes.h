#pragma once

#include <algorithm>

#include "engine/generate/lanes.h"

// What Lanes allocate, and which options they refuse.
namespace linnet::generate {

// Rows whose logits are computed together where all are wanted.
inline constexpr int kLogitRows = kernels::kTile;

// The options with what the model was made for in place of zeros.
LanesOptions filled(const model::Transformer& transformer, LanesOptions options);

// Errors: bad_argument or limit, if one is out of range.
core::Status check(const model::Transformer& transformer, const LanesOptions& options);

// The sizes of everything that a session allocates.
class Sizes {
 public:
  Sizes(const model::Transformer& transformer, const LanesOptions& o)
      : transformer_(transformer), o_(o) {}

  int lanes() const { return o_.sources * o_.beams; }
  int rows() const { return std::max(std::min(o_.tile, o_.positions), lanes()); }
  int logit_rows() const { return std::max(kLogitRows, lanes()); }

  model::CacheShape own() const {
    const model::Stack& s = spec().decoder;
    return {.layout = transformer_.page_layout(o_.cache),
            .layers = s.layers,
            .lanes = lanes(),
            .positions = o_.positions,
            .window = s.window_period == 1 && !o_.rewinds ? s.window : 0,
            .rows = std::min(o_.tile, o_.positions)};
  }
  model::CacheShape memory() const {
    return {.layout = transformer_.page_layout(o_.cache),
            .layers = spec().decoder.layers,
            .lanes = o_.sources,
            .positions = o_.source_positions};
  }
  model::CacheShape encoder() const {
    return {.layout = transformer_.encoder_layout(o_.cache),
            .layers = 1,
            .lanes = o_.sources,
            .positions = o_.source_positions};
  }

  // Floats of a table of position biases.
  core::Checked bias(const model::Stack& s, int positions) const {
    if (s.layers == 0 || !s.biased()) return 0;
    return core::Checked(std::int64_t{2} * positions - 1) * s.heads;
  }

  // Floats of a step's alignments.
  core::Checked alignments() const {
    return o_.alignments ? core::Checked(lanes()) * 2 * o_.source_positions : core::Checked(0);
  }

  core::Checked cache_bytes() const {
    const core::Checked own_bytes = model::KvCache::bytes_needed(own());
    if (!transformer_.translates()) return own_bytes;
    return own_bytes + model::KvCache::bytes_needed(memory()) +
           model::KvCache::bytes_needed(encoder());
  }
  core::Checked workspace_bytes() const {
    using model::Workspace;
    core::Checked all =
        Workspace::bytes_needed(spec(), model::Side::decoder, rows(), logit_rows()) +
        (bias(spec().decoder, o_.positions) + bias(spec().encoder, o_.source_positions)) *
            std::int64_t{sizeof(float)} +
        core::Checked(lanes() + o_.sources) * std::int64_t{2 * sizeof(ops::Run)};
    if (transformer_.translates())
      all = all + Workspace::bytes_needed(spec(), model::Side::encoder, o_.source_rows, 0) +
            core::Checked(o_.source_rows) * std::int64_t{sizeof(int)} +
            alignments() * std::int64_t{sizeof(float)};
    return all;
  }

 private:
  const model::Spec& spec() const { return transformer_.spec(); }
  const model::Transformer& transformer_;
  const LanesOptions& o_;
};

}  // namespace linnet::generate
