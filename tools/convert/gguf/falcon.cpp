#include "tools/convert/gguf/fields.h"
#include "tools/convert/gguf/rotary.h"

// The architecture "falcon" of GGUF files: those with rotary positions. Where there are two norms,
// attention reads the second. The first models, with a linear bias, have biases of layers too,
// which are then left over.
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  Config fields = describe_gguf_decoder(config, found, "falcon", model::NormKind::layer, spec);
  model::Stack& s = spec.decoder;
  read_gguf_rotary(fields, found, s);
  s.parallel = true;
  s.qkv_bias = s.out_bias = s.ffn_bias = false;
  if (found.checkpoint.find("blk.0.attn_norm_2.weight") >= 0)
    found.words["self_norm"] = "attn_norm_2";
  found.words["ffn_norm"] = "attn_norm";
}

}  // namespace

extern constinit const Family kGgufFalcon{"falcon", "", describe, kGgufModules, "", {}};

}  // namespace linnet::convert
