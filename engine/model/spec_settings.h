#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/core/bundle.h"
#include "engine/core/bundle_builder.h"
#include "engine/core/result.h"
#include "engine/model/spec.h"

// The Spec as settings of a weight file. for_each_field is the one list of names.
namespace linnet::model {

template <class Enum>
struct Names;  // Names<E>::all[i] is the text of enumerator i

template <>
struct Names<NormKind> {
  static constexpr std::array<std::string_view, 2> all{"layer", "rms"};
};
template <>
struct Names<NormPlace> {
  static constexpr std::array<std::string_view, 3> all{"before", "after", "both"};
};
template <>
struct Names<Position> {
  static constexpr std::array<std::string_view, 6> all{"none",   "learned",       "sinusoid",
                                                       "rotary", "relative_bias", "linear_bias"};
};
template <>
struct Names<SinusoidLayout> {
  static constexpr std::array<std::string_view, 2> all{"interleaved", "halves"};
};
template <>
struct Names<Activation> {
  static constexpr std::array<std::string_view, 5> all{"relu", "gelu", "gelu_tanh", "silu", "tanh"};
};
template <>
struct Names<CrossMemory> {
  static constexpr std::array<std::string_view, 4> all{"last", "same", "reversed", "weighted"};
};
template <>
struct Names<Head> {
  static constexpr std::array<std::string_view, 2> all{"none", "logits"};
};

template <>
struct Names<Pooling> {
  static constexpr std::array<std::string_view, 3> all{"first", "mean", "last"};
};
template <>
struct Names<Classes> {
  static constexpr std::array<std::string_view, 4> all{"none", "sequence", "tokens", "spans"};
};

template <>
struct Names<Resize> {
  static constexpr std::array<std::string_view, 3> all{"none", "exact", "shortest"};
};
template <>
struct Names<Resample> {
  static constexpr std::array<std::string_view, 4> all{"nearest", "bilinear", "bicubic", "lanczos"};
};

// Calls visit(name, field) for every field of one stack; `prefix` is "encoder." or "decoder.".
template <class AnyStack, class Visit>
void for_each_stack_field(const std::string& prefix, AnyStack& s, Visit&& visit) {
  const auto field = [&](const char* name, auto& value) { visit(prefix + name, value); };
  field("layers", s.layers);
  if (s.layers == 0) return;
  field("d_model", s.d_model);
  field("d_ff", s.d_ff);
  field("heads", s.heads);
  field("kv_heads", s.kv_heads);
  field("d_head", s.d_head);
  field("norm", s.norm);
  field("norm_place", s.place);
  field("norm_eps", s.norm_eps);
  field("norm_bias", s.norm_bias);
  field("embed_norm", s.embed_norm);
  field("first_norm", s.first_norm);
  field("final_norm", s.final_norm);
  field("query_key_norm", s.query_key_norm);
  field("parallel", s.parallel);
  field("shared_layers", s.shared_layers);
  field("position", s.position);
  field("positions", s.positions);
  field("position_start", s.position_start);
  field("sinusoid_layout", s.sinusoid_layout);
  field("rotary_interleaved", s.rotary.interleaved);
  field("rotary_frequencies", s.rotary.frequencies);
  field("rotary_magnitude", s.rotary.magnitude);
  field("window_rotary_frequencies", s.window_rotary.frequencies);
  field("window_rotary_magnitude", s.window_rotary.magnitude);
  field("sinusoid_frequencies", s.sinusoid_frequencies);
  field("relative_buckets", s.relative_buckets);
  field("relative_distance", s.relative_distance);
  field("linear_bias", s.linear_bias);
  field("attention_scale", s.attention_scale);
  field("attention_soft_cap", s.attention_soft_cap);
  field("window", s.window);
  field("window_period", s.window_period);
  field("window_after", s.window_after);
  field("activation", s.activation);
  field("gated", s.gated);
  field("qkv_bias", s.qkv_bias);
  field("out_bias", s.out_bias);
  field("ffn_bias", s.ffn_bias);
  field("cross", s.cross);
  field("cross_memory", s.cross_memory);
  field("alignment_layer", s.alignment_layer);
  field("alignment_heads", s.alignment_heads);
}

template <class AnySpec, class Visit>
void for_each_field(AnySpec& spec, Visit&& visit) {
  const auto field = [&](const char* name, auto& value) { visit(std::string(name), value); };
  field("family", spec.family);
  field("vocab", spec.vocab);
  field("source_vocab", spec.source_vocab);
  field("token_types", spec.token_types);
  field("embed_width", spec.embed_width);
  field("embed_scale", spec.embed_scale);
  field("head", spec.head);
  field("tied_head", spec.tied_head);
  field("head_bias", spec.head_bias);
  field("logit_scale", spec.logit_scale);
  field("logit_soft_cap", spec.logit_soft_cap);
  field("sequences.source_begin", spec.sequences.source_begin);
  field("sequences.source_end", spec.sequences.source_end);
  field("sequences.start", spec.sequences.start);
  field("sequences.ends", spec.sequences.ends);
  field("sequences.forced_first", spec.sequences.forced_first);
  field("sequences.suppressed", spec.sequences.suppressed);
  field("vectors.width", spec.vectors.width);
  field("vectors.project", spec.vectors.project);
  field("vectors.first", spec.vectors.first);
  field("pictures.patch", spec.pictures.patch);
  field("pictures.channels", spec.pictures.channels);
  field("pictures.height", spec.pictures.height);
  field("pictures.width", spec.pictures.width);
  field("pictures.resize", spec.pictures.resize);
  field("pictures.resize_height", spec.pictures.resize_height);
  field("pictures.resize_width", spec.pictures.resize_width);
  field("pictures.crop", spec.pictures.crop);
  field("pictures.resample", spec.pictures.resample);
  field("pictures.rescale", spec.pictures.rescale);
  field("pictures.mean", spec.pictures.mean);
  field("pictures.deviation", spec.pictures.deviation);
  field("reading.pooling", spec.reading.pooling);
  field("reading.unit_length", spec.reading.unit_length);
  field("reading.pooler", spec.reading.pooler);
  field("reading.pooler_activation", spec.reading.pooler_activation);
  field("reading.pooler_bias", spec.reading.pooler_bias);
  field("reading.pooler_norm", spec.reading.pooler_norm);
  field("reading.classes", spec.reading.classes);
  field("reading.class_count", spec.reading.class_count);
  field("reading.class_bias", spec.reading.class_bias);
  field("reading.labels", spec.reading.labels);
  field("reading.transform", spec.reading.transform);
  field("reading.transform_activation", spec.reading.transform_activation);
  field("reading.transform_bias", spec.reading.transform_bias);
  for_each_stack_field("encoder.", spec.encoder, visit);
  for_each_stack_field("decoder.", spec.decoder, visit);
}

// Whether `value` is not what the field `name` of a new Spec holds.
template <class T>
bool differs_from_default(const std::string& name, const T& value) {
  Spec plain;
  plain.encoder.layers = plain.decoder.layers = 1;  // so that every field is visited
  bool differs = name.ends_with(".layers");
  for_each_field(plain, [&](const std::string& other, const auto& initial) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(initial)>, T>)
      if (other == name && !(initial == value)) differs = true;
  });
  return differs;
}

// The Spec that the settings describe, checked. A missing setting has its default.
core::Result<Spec> read_spec(const core::Bundle& bundle);

// Adds every setting of the Spec that differs from its default, and always the number of layers.
inline void write_spec(const Spec& spec, core::BundleBuilder& builder) {
  for_each_field(spec, [&](const std::string& name, const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    if (!differs_from_default(name, value)) return;
    if constexpr (std::is_enum_v<T>)
      builder.add_setting(name, Names<T>::all[static_cast<std::size_t>(value)]);
    else if constexpr (std::is_arithmetic_v<T>)
      builder.add_setting(name, value);
    else if constexpr (std::is_same_v<T, std::string>)
      builder.add_setting(name, std::string_view(value));
    else
      builder.add_setting(name, std::span<const typename T::value_type>(value));
  });
}

}  // namespace linnet::model
