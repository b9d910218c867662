#include "tools/convert/gguf/fields.h"
#include "tools/convert/gguf/rotary.h"

// The architectures "qwen2" and "qwen3" of GGUF files.
namespace linnet::convert {
namespace {

Config describe_both(Config& config, Found& found, std::string_view name, model::Spec& spec) {
  Config fields = describe_gguf_decoder(config, found, name, model::NormKind::rms, spec);
  model::Stack& s = spec.decoder;
  read_gguf_rotary(fields, found, s);
  s.activation = model::Activation::silu;
  s.gated = true;
  return fields;
}

void describe_qwen2(Config& config, Found& found, model::Spec& spec) {
  describe_both(config, found, "qwen2", spec);
}

void describe_qwen3(Config& config, Found& found, model::Spec& spec) {
  describe_both(config, found, "qwen3", spec);
  spec.decoder.query_key_norm = true;
}

}  // namespace

extern constinit const Family kGgufQwen2{"qwen2", "", describe_qwen2, kGgufModules, "", {}};
extern constinit const Family kGgufQwen3{"qwen3", "", describe_qwen3, kGgufModules, "", {}};

}  // namespace linnet::convert
