#include "tools/convert/gguf/fields.h"
#include "tools/convert/gguf/rotary.h"

// The architecture "stablelm" of GGUF files. Whether the branches are parallel follows from the
// norms that are there, as in llama.cpp: the field is wrong in files of the first models.
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  Config fields = describe_gguf_decoder(config, found, "stablelm", model::NormKind::layer, spec);
  model::Stack& s = spec.decoder;
  read_gguf_rotary(fields, found, s);
  s.activation = model::Activation::silu;
  s.gated = true;
  fields.harmless("use_parallel_residual");
  s.parallel = found.checkpoint.find("blk.0.ffn_norm.weight") < 0;
  if (s.parallel) found.words["ffn_norm"] = "attn_norm";
}

}  // namespace

extern constinit const Family kGgufStableLm{"stablelm", "", describe, kGgufModules, "", {}};

}  // namespace linnet::convert
