#pragma once

#include <doctest/doctest.h>

#include <vector>

#include "engine/engine.h"
#include "engine/generate/beam.h"
#include "tests/support/tiny_sequence.h"

// Beam searches over tiny models.
namespace linnet::support {

using Tokens = std::vector<int>;

inline Model open(const model::Spec& spec, std::uint64_t seed = 1) {
  auto model = Model::from(tiny_model(spec, core::Dtype::f32, seed), "tiny");
  REQUIRE(model);
  return *model;
}

// A decoder that is never sure, so that searches differ.
inline model::Spec toy(int vocab) {
  model::Spec spec = tiny_transformer();
  spec.vocab = vocab;
  spec.logit_scale = 0.4f;
  return spec;
}

inline generate::Lanes lanes_of(const Model& model, int sources, int beams, int positions = 40,
                                bool alignments = false) {
  auto lanes = generate::Lanes::open(model.transformer(), {.sources = sources,
                                                           .beams = beams,
                                                           .positions = positions,
                                                           .source_positions = 40,
                                                           .alignments = alignments});
  REQUIRE(lanes);
  return std::move(*lanes);
}

inline std::vector<std::vector<generate::Hypothesis>> search(
    const Model& model, const std::vector<Tokens>& sources, const generate::BeamOptions& options,
    const Tokens& given = {}, const Tokens& start = {1}, bool alignments = false) {
  generate::Lanes lanes =
      lanes_of(model, static_cast<int>(sources.size()), options.beams, 40, alignments);
  auto beam = generate::BeamSearch::make(lanes, options);
  REQUIRE(beam);
  std::vector<generate::BeamSearch::Source> from;
  for (const Tokens& source : sources)
    from.push_back({.tokens = source, .start = start, .given = given});
  auto found = beam->run(from);
  REQUIRE(found);
  return *found;
}

}  // namespace linnet::support
