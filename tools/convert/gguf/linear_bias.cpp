#include "tools/convert/gguf/fields.h"
#include "tools/convert/hugging_face.h"

// The architectures "bloom" and "mpt" of GGUF files. llama.cpp takes the GELU with tanh for both;
// MPT was trained with the other one.
namespace linnet::convert {
namespace {

void describe_bloom(Config& config, Found& found, model::Spec& spec) {
  describe_gguf_decoder(config, found, "bloom", model::NormKind::layer, spec);
  model::Stack& s = spec.decoder;
  s.embed_norm = true;
  s.position = model::Position::linear_bias;
  s.linear_bias = bias_slopes(s.heads);
  s.activation = model::Activation::gelu_tanh;
}

void describe_mpt(Config& config, Found& found, model::Spec& spec) {
  Config fields = describe_gguf_decoder(config, found, "mpt", model::NormKind::layer, spec);
  model::Stack& s = spec.decoder;
  s.norm_bias = found.checkpoint.find("output_norm.bias") >= 0;
  fields.only("attention.clamp_kqv", 0.0);
  const double top = fields.number("attention.max_alibi_bias");
  if (!(top > 0.0)) fields.refuse("attention.max_alibi_bias", "must be positive");
  s.position = model::Position::linear_bias;
  s.linear_bias = bias_slopes(s.heads, top);
}

}  // namespace

extern constinit const Family kGgufBloom{"bloom", "", describe_bloom, kGgufModules, "", {}};
extern constinit const Family kGgufMpt{"mpt", "", describe_mpt, kGgufModules, "", {}};

}  // namespace linnet::convert
