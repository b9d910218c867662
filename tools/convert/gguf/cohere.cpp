#include "tools/convert/gguf/fields.h"
#include "tools/convert/gguf/rotary.h"

// The architecture "command-r" of GGUF files: Command R and Aya.
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  Config fields = describe_gguf_decoder(config, found, "command-r", model::NormKind::layer, spec);
  model::Stack& s = spec.decoder;
  read_gguf_rotary(fields, found, s);
  s.rotary.interleaved = true;
  s.norm_bias = false;
  s.parallel = true;
  found.words["ffn_norm"] = "attn_norm";
  s.activation = model::Activation::silu;
  s.gated = true;
  const double scale = fields.number("logit_scale", 0.0);
  if (scale != 0) spec.logit_scale = static_cast<float>(scale);
}

}  // namespace

extern constinit const Family kGgufCohere{"command-r", "", describe, kGgufModules, "", {}};

}  // namespace linnet::convert
