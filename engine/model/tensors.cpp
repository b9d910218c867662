#include "engine/model/tensors.h"

namespace linnet::model {
namespace {

class Visitor {
 public:
  explicit Visitor(const std::function<void(const TensorShape&)>& visit) : visit_(visit) {}

  void matrix(const std::string& name, int out, int in, bool quantizable) const {
    visit_({name, out, in, false, quantizable});
  }
  void vector(const std::string& name, int in) const { visit_({name, 1, in, true, false}); }
  void linear(const std::string& name, int out, int in, bool bias) const {
    matrix(name + ".weight", out, in, true);
    if (bias) vector(name + ".bias", out);
  }
  void norm(const std::string& name, const Stack& s, int width) const {
    vector(name + ".gain", width);
    if (s.norm == NormKind::layer && s.norm_bias) vector(name + ".bias", width);
  }
  void norm(const std::string& name, const Stack& s) const { norm(name, s, s.d_model); }

  void attention(const std::string& name, const Stack& s, int memory_width) const {
    const int queries = s.heads * s.d_head, keys = s.kv_heads * s.d_head;
    linear(name + ".query", queries, s.d_model, s.qkv_bias);
    linear(name + ".key", keys, memory_width, s.qkv_bias);
    linear(name + ".value", keys, memory_width, s.qkv_bias);
    if (s.query_key_norm) {
      vector(name + ".query_norm.gain", s.d_head);
      vector(name + ".key_norm.gain", s.d_head);
    }
    linear(name + ".out", s.d_model, queries, s.out_bias);
  }

  void feed_forward(const std::string& name, const Stack& s) const {
    if (s.gated) linear(name + ".gate", s.d_ff, s.d_model, s.ffn_bias);
    linear(name + ".up", s.d_ff, s.d_model, s.ffn_bias);
    linear(name + ".down", s.d_model, s.d_ff, s.ffn_bias);
  }

  // One residual branch with its norms around it.
  template <class Branch>
  void branch(const std::string& name, const Stack& s, const Branch& inside,
              bool normed = true) const {
    if (normed) norm(name + "_norm", s);
    inside(name);
    if (s.place == NormPlace::both) norm(name + "_post_norm", s);
  }

  // `width` of embeddings.
  void stack(const std::string& name, const Stack& s, int memory_width, int width) const {
    if (s.layers == 0) return;
    if (s.position == Position::learned)
      matrix(name + ".positions.weight", s.positions, width, false);
    if (s.relative()) matrix(name + ".relative.weight", s.heads, s.relative_buckets, false);
    if (s.embed_norm) norm(name + ".embed_norm", s, width);
    for (int i = 0; i < (s.shared_layers ? 1 : s.layers); ++i) {
      const std::string layer = name + "." + std::to_string(i) + ".";
      branch(
          layer + "self", s, [&](const std::string& n) { attention(n, s, s.d_model); },
          s.first_norm || i > 0);
      if (s.cross)
        branch(layer + "cross", s, [&](const std::string& n) { attention(n, s, memory_width); });
      branch(layer + "ffn", s, [&](const std::string& n) { feed_forward(n, s); });
    }
    if (s.final_norm) norm(name + ".norm", s);
  }

  // What an encoder alone has behind its layers.
  void reading(const Spec& spec) const {
    const Reading& r = spec.reading;
    const Stack& s = spec.encoder;
    if (r.pooler) linear("pooler", s.d_model, s.d_model, r.pooler_bias);
    if (r.pooler && r.pooler_norm) norm("pooler_norm", s);
    if (r.classes != Classes::none) linear("classes", r.class_count, s.d_model, r.class_bias);
    if (spec.head == Head::none || !r.transform) return;
    linear("head_transform", spec.width(), s.d_model, r.transform_bias);
    norm("head_norm", s, spec.width());
  }

 private:
  const std::function<void(const TensorShape&)>& visit_;
};

}  // namespace

void for_each_tensor(const Spec& spec, const std::function<void(const TensorShape&)>& visit) {
  const Visitor visitor(visit);
  const int width = spec.width();
  if (spec.vocab > 0) visitor.matrix("embed.tokens.weight", spec.vocab, width, true);
  if (spec.source_vocab > 0)
    visitor.matrix("embed.source.weight", spec.source_vocab, spec.encoder.d_model, true);
  if (spec.token_types > 0) visitor.matrix("embed.types.weight", spec.token_types, width, false);
  if (spec.vectors.project)
    visitor.linear("vectors.project", spec.encoder.d_model, spec.vectors.width, true);
  if (spec.vectors.first) visitor.vector("vectors.first", spec.encoder.d_model);
  if (spec.embed_width > 0) visitor.linear("embed.project", spec.main().d_model, width, true);
  visitor.stack("encoder", spec.encoder, 0, spec.reads() ? width : spec.encoder.d_model);
  visitor.stack("decoder", spec.decoder, spec.encoder.d_model, width);
  if (spec.reads()) visitor.reading(spec);
  if (spec.decoder.cross && spec.decoder.cross_memory == CrossMemory::weighted)
    visitor.matrix("decoder.cross_mix.weight", spec.decoder.layers, spec.encoder.layers, false);
  if (spec.head == Head::logits && !spec.tied_head)
    visitor.matrix("head.weight", spec.vocab, width, true);
  if (spec.head == Head::logits && spec.head_bias) visitor.vector("head.bias", spec.vocab);
}

}  // namespace linnet::model
