#pragma once

#include "engine/model/spec.h"
#include "tests/support/tiny_model.h"

// Small encoder-decoders of random weights, with sizes that fill no panel, group, tile or page
// evenly.
namespace linnet::support {

inline model::Stack tiny_stack(int layers) {
  model::Stack s;
  s.layers = layers;
  s.d_model = 36;
  s.d_ff = 100;
  s.heads = s.kv_heads = 3;
  s.d_head = 12;
  s.positions = 120;
  s.place = model::NormPlace::after;
  s.activation = model::Activation::relu;
  s.position = model::Position::sinusoid;
  s.sinusoid_frequencies = tools::rotary_frequencies(s.d_model / 2);
  s.final_norm = false;
  return s;
}

// As in Vaswani et al. (2017): norms after, sinusoids, ReLU, one matrix for both embeddings and the
// head.
inline model::Spec tiny_transformer() {
  model::Spec spec;
  spec.family = "transformer";
  spec.vocab = 53;
  spec.embed_scale = 6.0f;
  spec.tied_head = true;
  spec.encoder = tiny_stack(2);
  spec.decoder = tiny_stack(2);
  spec.decoder.cross = true;
  spec.sequences.start = {1};
  spec.sequences.ends = {2};
  return spec;
}

// As T5 (Raffel et al., 2020): RMS norms before, biases by distance, heads wider than the model,
// two vocabularies.
inline model::Spec tiny_t5() {
  model::Spec spec = tiny_transformer();
  spec.family = "t5";
  spec.embed_scale = 1.0f;
  spec.tied_head = false;
  spec.source_vocab = 41;
  spec.sequences.source_end = {2};
  for (model::Stack* s : {&spec.encoder, &spec.decoder}) {
    s->norm = model::NormKind::rms;
    s->place = model::NormPlace::before;
    s->final_norm = true;
    s->position = model::Position::relative_bias;
    s->sinusoid_frequencies.clear();
    s->relative_buckets = 8;
    s->relative_distance = 20;
    s->attention_scale = 1.0f;
    s->d_head = 16;
    s->gated = true;
    s->activation = model::Activation::gelu_tanh;
    s->qkv_bias = s->out_bias = s->ffn_bias = false;
  }
  return spec;
}

}  // namespace linnet::support
