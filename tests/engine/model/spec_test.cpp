#include "engine/model/spec.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "engine/model/spec_settings.h"
#include "engine/model/tensors.h"
#include "tests/support/tiny_model.h"

namespace {

using namespace linnet;
using model::Spec;

// A Spec in which every field differs from its default.
Spec unusual() {
  Spec spec = support::tiny_llama();
  spec.family = "odd";
  spec.source_vocab = 11;
  spec.embed_scale = 2.5f;
  spec.head_bias = true;
  spec.tied_head = true;
  spec.logit_scale = 0.25f;
  spec.logit_soft_cap = 30.0f;
  model::Stack& d = spec.decoder;
  d.place = model::NormPlace::both;
  d.norm_eps = 1e-6f;
  d.norm_bias = false;
  d.embed_norm = true;
  d.query_key_norm = d.shared_layers = d.cross = true;
  d.rotary.interleaved = true;
  d.rotary.magnitude = 1.25f;
  d.window_rotary = {.frequencies = d.rotary.frequencies, .magnitude = 0.75f};
  d.linear_bias = {0.5f, 0.25f};
  d.attention_scale = 0.1f;
  d.attention_soft_cap = 50.0f;
  d.window = 7;
  d.window_period = 3;
  d.cross_memory = model::CrossMemory::reversed;
  spec.encoder = support::tiny_gpt2().decoder;
  spec.encoder.position = model::Position::sinusoid;
  spec.encoder.sinusoid_layout = model::SinusoidLayout::halves;
  spec.encoder.position_start = 1;
  spec.encoder.sinusoid_frequencies.assign(static_cast<std::size_t>(spec.encoder.d_model) / 2,
                                           0.5f);
  spec.encoder.layers = d.layers;
  spec.sequences = {.source_begin = {1},
                    .source_end = {2, 3},
                    .start = {4},
                    .ends = {2, 5},
                    .forced_first = {6},
                    .suppressed = {0, 7}};
  return spec;
}

core::Bundle settings_of(const Spec& spec) {
  core::BundleBuilder builder;
  model::write_spec(spec, builder);
  return builder.build();
}

std::string text_of(const Spec& spec) {
  std::string text;
  model::for_each_field(spec, [&](const std::string& name, const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    text += name + "=";
    if constexpr (std::is_enum_v<T>)
      text += std::to_string(static_cast<int>(value));
    else if constexpr (std::is_same_v<T, std::string>)
      text += value;
    else if constexpr (requires { value.begin(); })
      for (const auto& v : value) text += core::say(v, ",");
    else
      text += core::say(value);
    text += "\n";
  });
  return text;
}

TEST_CASE("a Spec comes back from its settings as it was") {
  for (const Spec& spec : {support::tiny_llama(), support::tiny_gpt2(), unusual()}) {
    const auto back = model::read_spec(settings_of(spec));
    REQUIRE(back);
    CHECK(text_of(*back) == text_of(spec));
  }
}

struct Breach {
  const char* name;
  std::function<void(Spec&)> breaking;
  const char* sentence;  // part of it
};

const float kNan = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("numbers out of range are refused by name") {
  const std::vector<Breach> breaches{
      {"no vocabulary", [](Spec& s) { s.vocab = 0; }, "'vocab' is 0"},
      {"huge vocabulary", [](Spec& s) { s.vocab = 1 << 21; }, "'vocab' is 2097152"},
      {"no layers", [](Spec& s) { s.decoder.layers = 0; }, "are both 0"},
      {"too many layers", [](Spec& s) { s.decoder.layers = 5000; }, "'decoder.layers' is 5000"},
      {"no width", [](Spec& s) { s.decoder.d_model = 0; }, "'decoder.d_model' is 0"},
      {"no hidden width", [](Spec& s) { s.decoder.d_ff = 0; }, "'decoder.d_ff' is 0"},
      {"no heads", [](Spec& s) { s.decoder.heads = 0; }, "'decoder.heads' is 0"},
      {"no key heads", [](Spec& s) { s.decoder.kv_heads = 0; }, "'decoder.kv_heads' is 0"},
      {"key heads do not divide", [](Spec& s) { s.decoder.kv_heads = 3; }, "does not divide"},
      {"no head width", [](Spec& s) { s.decoder.d_head = 0; }, "'decoder.d_head' is 0"},
      {"wide head", [](Spec& s) { s.decoder.d_head = 513; }, "'decoder.d_head' is 513"},
      {"no context", [](Spec& s) { s.decoder.positions = 0; }, "'decoder.positions' is 0"},
      {"no eps", [](Spec& s) { s.decoder.norm_eps = 0.0f; }, "'decoder.norm_eps'"},
      {"nan eps", [](Spec& s) { s.decoder.norm_eps = kNan; }, "'decoder.norm_eps'"},
      {"no frequencies", [](Spec& s) { s.decoder.rotary.frequencies.clear(); },
       "'decoder.rotary_frequencies' has 0 values"},
      {"a second rotary of another width",
       [](Spec& s) { s.decoder.window_rotary.frequencies = {0.5f}; },
       "'decoder.window_rotary_frequencies' has 1 values"},
      {"a second rotary without a first",
       [](Spec& s) {
         s.decoder.window_rotary.frequencies = {0.5f};
         s.decoder.position = model::Position::none;
       },
       "'decoder.window_rotary_frequencies' is for rotary positions"},
      {"no slopes", [](Spec& s) { s.decoder.position = model::Position::linear_bias; },
       "'decoder.linear_bias' has 0 values for 4 heads"},
      {"nan slope",
       [](Spec& s) {
         s.decoder.position = model::Position::linear_bias;
         s.decoder.linear_bias = {0.5f, 0.5f, kNan, 0.5f};
       },
       "'decoder.linear_bias'"},
      {"parallel branches with norms after",
       [](Spec& s) {
         s.decoder.parallel = true;
         s.decoder.place = model::NormPlace::after;
       },
       "'decoder.parallel' needs norms before"},
      {"token types of a decoder", [](Spec& s) { s.token_types = 2; }, "'token_types' is for"},
      {"narrow embeddings of a decoder", [](Spec& s) { s.embed_width = 16; },
       "'embed_width' is for"},
      {"embeddings wider than their model",
       [](Spec& s) {
         std::swap(s.encoder, s.decoder);
         s.embed_width = 49;
         s.reading.transform = true;
       },
       "'embed_width' is 49 and must lie between 0 and 48"},
      {"no first norm where it is needed",
       [](Spec& s) {
         s.decoder.first_norm = false;
         s.decoder.place = model::NormPlace::after;
       },
       "'decoder.first_norm' is 0"},
      {"positions that begin behind their table",
       [](Spec& s) {
         s.decoder.position = model::Position::learned;
         s.decoder.position_start = s.decoder.positions;
       },
       "'decoder.position_start' is 200"},
      {"one embedding for two widths",
       [](Spec& s) {
         s.encoder = s.decoder;
         s.encoder.d_model = 16;
         s.decoder.cross = true;
         s.sequences.start = s.sequences.ends = {1};
       },
       "'encoder.d_model' and 'decoder.d_model' are 16 and 48"},
      {"classes without a count",
       [](Spec& s) {
         std::swap(s.encoder, s.decoder);
         s.reading.classes = model::Classes::sequence;
       },
       "'reading.class_count' is 0"},
      {"three classes of spans",
       [](Spec& s) {
         std::swap(s.encoder, s.decoder);
         s.reading.classes = model::Classes::spans;
         s.reading.class_count = 3;
       },
       "must be 2 for spans"},
      {"labels for other classes",
       [](Spec& s) {
         std::swap(s.encoder, s.decoder);
         s.reading.classes = model::Classes::sequence;
         s.reading.class_count = 3;
         s.reading.labels = {"one", "two"};
       },
       "'reading.labels' has 2 texts for 3 classes"},
      {"a narrow head without a transform",
       [](Spec& s) {
         std::swap(s.encoder, s.decoder);
         s.embed_width = 16;
       },
       "'embed_width' is 16"},
      {"a reader with another vocabulary for sources",
       [](Spec& s) {
         std::swap(s.encoder, s.decoder);
         s.source_vocab = 7;
       },
       "'source_vocab' is not for"},
      {"nan frequency", [](Spec& s) { s.decoder.rotary.frequencies[1] = kNan; },
       "'decoder.rotary_frequencies'"},
      {"infinite frequency",
       [](Spec& s) { s.decoder.rotary.frequencies[0] = std::numeric_limits<float>::infinity(); },
       "'decoder.rotary_frequencies'"},
      {"too many frequencies", [](Spec& s) { s.decoder.rotary.frequencies.resize(7, 1.0f); },
       "'decoder.rotary_frequencies' has 7 values"},
      {"no magnitude", [](Spec& s) { s.decoder.rotary.magnitude = 0.0f; }, "rotary_magnitude"},
      {"negative cap", [](Spec& s) { s.decoder.attention_soft_cap = -1.0f; }, "not be negative"},
      {"cross without encoder", [](Spec& s) { s.decoder.cross = true; }, "there is none"},
      {"no window period", [](Spec& s) { s.decoder.window_period = 0; }, "window_period' is 0"},
  };
  for (const Breach& breach : breaches) {
    INFO(breach.name);
    Spec spec = support::tiny_llama();
    breach.breaking(spec);
    const core::Status status = model::check(spec);
    REQUIRE_FALSE(status);
    CHECK(status.error().fault == core::Fault::corrupt);
    CHECK(status.error().sentence.find(breach.sentence) != std::string::npos);
    CHECK_FALSE(model::read_spec(settings_of(spec)));
  }
}

TEST_CASE("a setting of another type or an unknown word is refused by name") {
  const auto sentence = [](auto change) {
    core::BundleBuilder builder;
    change(builder);
    const auto spec = model::read_spec(builder.build());
    REQUIRE_FALSE(spec);
    return spec.error().sentence;
  };
  CHECK(sentence([](auto& b) { b.add_setting("vocab", 3.0); }) ==
        "the setting 'vocab' has the wrong type");
  CHECK(sentence([](auto& b) { b.add_setting("head", std::string_view("tail")); }) ==
        "the setting 'head' is 'tail', which this version does not know");
  CHECK(sentence([](auto& b) { b.add_setting("tied_head", 2); }) ==
        "the setting 'tied_head' is 2 and must be 0 or 1");
  CHECK(sentence([](auto& b) { b.add_setting("vocab", std::int64_t{1} << 40); }) ==
        "the setting 'vocab' is 1099511627776, which is out of range");
  CHECK(sentence([](auto& b) { b.add_setting("embed_scale", 1e300); }) ==
        "the setting 'embed_scale' is not a finite number");
}

TEST_CASE("every tensor of a Spec has a name of its own and a shape") {
  for (const Spec& spec : {support::tiny_llama(), support::tiny_gpt2(), unusual()}) {
    std::vector<std::string> names;
    model::for_each_tensor(spec, [&](const model::TensorShape& shape) {
      names.push_back(shape.name);
      CHECK(shape.out >= 1);
      CHECK(shape.in >= 1);
      CHECK((!shape.vector || shape.out == 1));
    });
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  }
}

TEST_CASE("what cannot be run yet is refused by name and not half run") {
  const auto sentence = [](auto change) {
    Spec spec = support::tiny_llama();
    change(spec);
    const core::Status status = model::check_runnable(spec);
    REQUIRE_FALSE(status);
    CHECK(status.error().fault == core::Fault::unsupported);
    return status.error().sentence;
  };
  CHECK(sentence([](Spec& s) { s.head = model::Head::none; }).find("head") != std::string::npos);
  CHECK(sentence([](Spec& s) {
          s.encoder = s.decoder;
          s.encoder.position = model::Position::linear_bias;
        }).find("linear in the distance") != std::string::npos);
}

}  // namespace
