#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "engine/model/transformer.h"
#include "tests/support/tiny_model.h"

namespace {

using namespace linnet;

std::string refusal(core::Bundle bundle, const model::Spec& spec) {
  const auto bound = model::Transformer::bind(bundle, spec);
  REQUIRE_FALSE(bound);
  CHECK(bound.error().fault == core::Fault::corrupt);
  return bound.error().sentence;
}

TEST_CASE("a missing tensor is named") {
  const model::Spec spec = support::tiny_llama();
  core::Bundle bundle = support::tiny_model(spec, core::Dtype::f32);
  std::erase_if(bundle.weights,
                [](const core::NamedWeight& w) { return w.name == "decoder.1.ffn.up.weight"; });
  CHECK(refusal(bundle, spec) == "the tensor 'decoder.1.ffn.up.weight' is missing");
}

TEST_CASE("a tensor that is left over is named") {
  model::Spec spec = support::tiny_llama();
  const core::Bundle bundle = support::tiny_model(spec, core::Dtype::f32);
  spec.tied_head = true;
  CHECK(refusal(bundle, spec) == "the tensor 'head.weight' is not one that the settings ask for");
}

TEST_CASE("a tensor of another shape is named with both shapes") {
  model::Spec spec = support::tiny_llama();
  const core::Bundle bundle = support::tiny_model(spec, core::Dtype::f32);
  spec.decoder.d_ff = 171;
  CHECK(refusal(bundle, spec) ==
        "the tensor 'decoder.0.ffn.gate.weight' is 172 x 48 and the settings ask for 171 x 48");
}

TEST_CASE("a matrix in the place of a vector is refused") {
  const model::Spec spec = support::tiny_llama();
  core::Bundle bundle = support::tiny_model(spec, core::Dtype::f32);
  for (core::NamedWeight& weight : bundle.weights)
    if (weight.name == "decoder.norm.gain") weight.vector = false;
  CHECK(refusal(bundle, spec) ==
        "the tensor 'decoder.norm.gain' is a matrix and the settings ask for a vector");
}

}  // namespace
