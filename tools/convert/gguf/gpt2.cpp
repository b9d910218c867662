#include "tools/convert/gguf/fields.h"

// The architecture "gpt2" of GGUF files: matrices as [out, in].
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  describe_gguf_decoder(config, found, "gpt2", model::NormKind::layer, spec);
  spec.decoder.position = model::Position::learned;
  spec.decoder.activation = model::Activation::gelu_tanh;
}

}  // namespace

extern constinit const Family kGgufGpt2{"gpt2", "", describe, kGgufModules, "", {}};

}  // namespace linnet::convert
