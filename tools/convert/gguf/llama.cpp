#include "tools/convert/gguf/fields.h"
#include "tools/convert/gguf/rotary.h"

// The architecture "llama" of GGUF files: Llama 1 to 3, Mistral without a window, SmolLM,
// TinyLlama. The rows of its query and key projections are ordered for rotary pairs of neighbours,
// (2 i, 2 i + 1).
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  Config fields = describe_gguf_decoder(config, found, "llama", model::NormKind::rms, spec);
  model::Stack& s = spec.decoder;
  read_gguf_rotary(fields, found, s);
  s.rotary.interleaved = true;
  s.activation = model::Activation::silu;
  s.gated = true;
}

}  // namespace

extern constinit const Family kGgufLlama{"llama", "", describe, kGgufModules, "", {}};

}  // namespace linnet::convert
