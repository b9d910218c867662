#include <cmath>
#include <set>
#include <string>

#include "engine/model/tensors.h"
#include "engine/model/transformer.h"
#include "engine/ops/embed.h"

namespace linnet::model {

using core::Done;
using core::Error;
using core::Fault;
using core::NamedWeight;
using core::say;
using core::Status;

namespace {

// Every tensor that the Spec implies is in the bundle with its shape, and no other is.
Status check_tensors(const core::Bundle& bundle, const Spec& spec) {
  std::string problem;
  std::size_t expected = 0;
  std::set<std::string, std::less<>> names;
  for_each_tensor(spec, [&](const TensorShape& shape) {
    if (!problem.empty()) return;
    ++expected;
    names.insert(shape.name);
    const NamedWeight* found = bundle.weight(shape.name);
    const auto kind = [](bool vector) { return vector ? "vector" : "matrix"; };
    if (found == nullptr)
      problem = say("the tensor '", shape.name, "' is missing");
    else if (found->vector != shape.vector)
      problem = say("the tensor '", shape.name, "' is a ", kind(found->vector),
                    " and the settings ask for a ", kind(shape.vector));
    else if (found->weight.out != shape.out || found->weight.in != shape.in)
      problem = say("the tensor '", shape.name, "' is ", found->weight.out, " x ", found->weight.in,
                    " and the settings ask for ", shape.out, " x ", shape.in);
  });
  if (problem.empty() && bundle.weights.size() != expected)
    for (const NamedWeight& weight : bundle.weights)
      if (!names.contains(weight.name))
        problem = say("the tensor '", weight.name, "' is not one that the settings ask for");
  if (problem.empty()) return Done{};
  return Error{Fault::corrupt, problem};
}

ops::Activation kernel_of(Activation f) {
  switch (f) {
    case Activation::relu:
      return ops::Activation::relu;
    case Activation::gelu:
      return ops::Activation::gelu;
    case Activation::gelu_tanh:
      return ops::Activation::gelu_tanh;
    case Activation::tanh:
      return ops::Activation::tanh;
    default:
      return ops::Activation::silu;
  }
}

}  // namespace

// Looks names up in a bundle that check_tensors has passed.
class Binder {
 public:
  // One stack of it.
  Binder(const core::Bundle& bundle, const std::string& name, const Stack& stack)
      : bundle_(bundle), name_(name), stack_(stack) {}

  static void bind(const core::Bundle& bundle, Transformer& t) {
    const Spec& spec = t.spec_;
    t.encoder_ = Binder(bundle, "encoder", spec.encoder).layers();
    const Binder decoder(bundle, "decoder", spec.decoder);
    t.decoder_ = decoder.layers();
    t.decoder_.tokens = decoder.matrix("embed.tokens.weight");
    t.encoder_.tokens =
        spec.source_vocab > 0 ? decoder.matrix("embed.source.weight") : t.decoder_.tokens;
    if (spec.decoder.cross_memory == CrossMemory::weighted)
      t.cross_mix_ = decoder.rows("decoder.cross_mix.weight");
    t.head_ = decoder.linear("head");
    if (spec.tied_head) t.head_.weight = t.decoder_.tokens;
    if (spec.reads()) t.reading_ = Binder(bundle, "encoder", spec.encoder).reading(spec);
  }

 private:
  core::Weight matrix(const std::string& name) const {
    const NamedWeight* found = bundle_.weight(name);
    return found == nullptr ? core::Weight{} : found->weight;
  }
  std::vector<float> rows(const std::string& name) const {
    const core::Weight weight = matrix(name);
    std::vector<float> all(static_cast<std::size_t>(weight.out) *
                           static_cast<std::size_t>(weight.in));
    for (int row = 0; row < weight.out; ++row)
      ops::unpack_row(all.data() + std::ptrdiff_t{row} * weight.in, weight, row);
    return all;
  }
  const float* vector(const std::string& name) const {
    return reinterpret_cast<const float*>(matrix(name).panels);
  }
  ops::Linear linear(const std::string& name) const {
    return {matrix(name + ".weight"), vector(name + ".bias")};
  }
  ops::Norm norm(const std::string& name) const {
    return {.rms = stack_.norm == NormKind::rms,
            .eps = stack_.norm_eps,
            .gain = vector(name + ".gain"),
            .bias = vector(name + ".bias")};
  }

  Layers layers() const {
    Layers all;
    all.positions = matrix(name_ + ".positions.weight");
    all.relative = matrix(name_ + ".relative.weight");
    all.embed_norm = norm(name_ + ".embed_norm");
    all.final_norm = norm(name_ + ".norm");
    for (int i = 0; i < stack_.layers; ++i) all.blocks.push_back(block(i));
    return all;
  }

  // Of the features of each head.
  ops::Norm head_norm(const std::string& name) const {
    return {.rms = true, .eps = stack_.norm_eps, .gain = vector(name + ".gain")};
  }

  Projections projections(const std::string& name) const {
    return {.query = linear(name + ".query"),
            .key = linear(name + ".key"),
            .value = linear(name + ".value"),
            .out = linear(name + ".out")};
  }
  ops::HeadScores scores(int window) const {
    const float scale = stack_.attention_scale > 0.0f
                            ? stack_.attention_scale
                            : 1.0f / std::sqrt(static_cast<float>(stack_.d_head));
    return {.scale = scale, .soft_cap = stack_.attention_soft_cap, .window = window};
  }

  SelfAttention attention(const std::string& name, int layer) const {
    const int period = stack_.window_period;
    const bool windowed = stack_.window > 0 &&
                          (period == 1 || layer % period != (stack_.window_after ? 0 : period - 1));
    return {.to = projections(name),
            .layer = layer,
            // An encoder needs each layer's keys and values only as long as it is in that layer.
            .cache_layer = name_ == "encoder" ? 0 : layer,
            .rotary = stack_.position == Position::rotary,
            .window_rotary = windowed && !stack_.window_rotary.frequencies.empty(),
            .query_norm = head_norm(name + ".query_norm"),
            .key_norm = head_norm(name + ".key_norm"),
            .scores = scores(windowed ? stack_.window : 0)};
  }

  ReadingLayers reading(const Spec& spec) const {
    const Reading& r = spec.reading;
    return {.types = matrix("embed.types.weight"),
            .project = linear(spec.vectors.project ? "vectors.project" : "embed.project"),
            .first = vector("vectors.first"),
            .pooler = linear("pooler"),
            .classes = linear("classes"),
            .transform = linear("head_transform"),
            .pooler_norm = norm("pooler_norm"),
            .transform_norm = norm("head_norm"),
            .pooler_activation = kernel_of(r.pooler_activation),
            .transform_activation = kernel_of(r.transform_activation)};
  }

  FeedForward feed_forward(const std::string& name, int layer) const {
    return {.gate = linear(name + ".gate"),
            .up = linear(name + ".up"),
            .down = linear(name + ".down"),
            .activation = kernel_of(stack_.activation),
            .gated = stack_.gated,
            .layer = layer};
  }

  Block block(int layer) const {
    const std::string name = say(name_, ".", stack_.shared_layers ? 0 : layer, ".");
    Block b;
    b.place = stack_.place;
    b.parallel = stack_.parallel;
    b.self_norm = norm(name + "self_norm");
    b.self_post_norm = norm(name + "self_post_norm");
    if (stack_.cross) {
      b.cross_norm = norm(name + "cross_norm");
      b.cross_post_norm = norm(name + "cross_post_norm");
      b.cross = {.to = projections(name + "cross"), .layer = layer, .scores = scores(0)};
    }
    b.ffn_norm = norm(name + "ffn_norm");
    b.ffn_post_norm = norm(name + "ffn_post_norm");
    b.self = attention(name + "self", layer);
    b.ffn = feed_forward(name + "ffn", layer);
    b.layer = layer;
    return b;
  }

  const core::Bundle& bundle_;
  const std::string name_;
  const Stack& stack_;
};

core::Result<Transformer> Transformer::bind(const core::Bundle& bundle, Spec spec) {
  if (const Status fine = check(spec); !fine) return fine.error();
  if (const Status fine = check_runnable(spec); !fine) return fine.error();
  if (const Status fine = check_tensors(bundle, spec); !fine) return fine.error();
  Transformer transformer(std::move(spec));
  Binder::bind(bundle, transformer);
  return transformer;
}

}  // namespace linnet::model
