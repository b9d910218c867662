#include <cmath>

#include "tools/convert/gguf/fields.h"
#include "tools/convert/gguf/rotary.h"
#include "tools/convert/rotary.h"

// The architectures "gemma", "gemma2" and "gemma3" of GGUF files. Gains of norms are whole here.
namespace linnet::convert {
namespace {

Config describe_all(Config& config, Found& found, std::string_view name, model::Spec& spec) {
  Config fields = describe_gguf_decoder(config, found, name, model::NormKind::rms, spec);
  model::Stack& s = spec.decoder;
  read_gguf_rotary(fields, found, s);
  s.activation = model::Activation::gelu_tanh;
  s.gated = true;
  spec.embed_scale = static_cast<float>(std::sqrt(static_cast<double>(s.d_model)));
  return fields;
}

void describe_gemma(Config& config, Found& found, model::Spec& spec) {
  describe_all(config, found, "gemma", spec);
}

// No field says so, but the largest model of either kind divides its scores by another root.
void scale_scores(model::Stack& s, int layers_of_largest) {
  if (s.layers == layers_of_largest)
    s.attention_scale = static_cast<float>(1 / std::sqrt(1.0 * (s.d_model / s.heads)));
}

// A list, which some converters write, is refused.
void read_windows(Config& fields, model::Stack& s, int period, int otherwise) {
  s.window = read_gguf_window(fields, otherwise);
  s.window_period = fields.count("attention.sliding_window_pattern", period);
  // Every layer sees all if every first one does.
  if (s.window_period == 1) s.window = 0;
  if (s.window == 0) s.window_period = 1;
}

void describe_gemma2(Config& config, Found& found, model::Spec& spec) {
  Config fields = describe_all(config, found, "gemma2", spec);
  model::Stack& s = spec.decoder;
  s.place = model::NormPlace::both;
  s.attention_soft_cap = static_cast<float>(fields.number("attn_logit_softcapping", 50.0));
  spec.logit_soft_cap = static_cast<float>(fields.number("final_logit_softcapping", 30.0));
  read_windows(fields, s, 2, 4096);
  scale_scores(s, 46);
}

void describe_gemma3(Config& config, Found& found, model::Spec& spec) {
  Config fields = describe_all(config, found, "gemma3", spec);
  model::Stack& s = spec.decoder;
  s.place = model::NormPlace::both;
  s.query_key_norm = true;
  spec.logit_soft_cap = static_cast<float>(fields.number("final_logit_softcapping", 0.0));
  read_windows(fields, s, 6, 0);
  scale_scores(s, 62);
  const double base = fields.number("rope.freq_base_swa", 10'000.0);
  if (!(base >= 1e-6 && base <= 1e12)) fields.refuse("rope.freq_base_swa", "is out of range");
  if (s.window > 0)
    s.window_rotary.frequencies =
        plain_frequencies(base, static_cast<int>(s.rotary.frequencies.size()));
}

}  // namespace

extern constinit const Family kGgufGemma{"gemma", "", describe_gemma, kGgufModules, "", {}};
extern constinit const Family kGgufGemma2{"gemma2", "", describe_gemma2, kGgufModules, "", {}};
extern constinit const Family kGgufGemma3{"gemma3", "", describe_gemma3, kGgufModules, "", {}};

}  // namespace linnet::convert
