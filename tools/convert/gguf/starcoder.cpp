#include "tools/convert/gguf/fields.h"
#include "tools/convert/gguf/rotary.h"

// The architectures "starcoder" (SantaCoder too) and "starcoder2" of GGUF files. The window of
// StarCoder 2 is not in them, and llama.cpp has none.
namespace linnet::convert {
namespace {

void describe_starcoder(Config& config, Found& found, model::Spec& spec) {
  describe_gguf_decoder(config, found, "starcoder", model::NormKind::layer, spec);
  spec.decoder.position = model::Position::learned;
  spec.decoder.activation = model::Activation::gelu_tanh;
}

void describe_starcoder2(Config& config, Found& found, model::Spec& spec) {
  Config fields = describe_gguf_decoder(config, found, "starcoder2", model::NormKind::layer, spec);
  read_gguf_rotary(fields, found, spec.decoder);
  spec.decoder.activation = model::Activation::gelu_tanh;
  constexpr int kWindow = 4096;  // of the published models
  if (spec.decoder.positions > kWindow)
    fields.note(core::say("a GGUF file does not say that StarCoder 2 sees the last ", kWindow,
                          " tokens only, so this model sees all of a longer text"));
}

}  // namespace

extern constinit const Family kGgufStarCoder{"starcoder",  "", describe_starcoder,
                                             kGgufModules, "", {}};
extern constinit const Family kGgufStarCoder2{"starcoder2", "", describe_starcoder2,
                                              kGgufModules, "", {}};

}  // namespace linnet::convert
