#include "tools/convert/gguf/fields.h"
#include "tools/convert/gguf/rotary.h"

// The architectures "phi2" (Phi 1 to 2) and "phi3" (Phi 3 and 4) of GGUF files.
namespace linnet::convert {
namespace {

void describe_phi2(Config& config, Found& found, model::Spec& spec) {
  Config fields = describe_gguf_decoder(config, found, "phi2", model::NormKind::layer, spec);
  model::Stack& s = spec.decoder;
  read_gguf_rotary(fields, found, s);
  s.parallel = true;
  found.words["ffn_norm"] = "attn_norm";
  s.activation = model::Activation::gelu_tanh;
  spec.head_bias = true;
}

// Gate and up stand in one matrix. llama.cpp reads the window and lets every position see all.
void describe_phi3(Config& config, Found& found, model::Spec& spec) {
  Config fields = describe_gguf_decoder(config, found, "phi3", model::NormKind::rms, spec);
  model::Stack& s = spec.decoder;
  read_gguf_rotary(fields, found, s);
  s.activation = model::Activation::silu;
  s.gated = true;
  found.words["gate"] = "ffn_up";
  found.fused["decoder.*.ffn.gate"] = {0, s.d_ff, 2 * std::int64_t{s.d_ff}};
  found.fused["decoder.*.ffn.up"] = {s.d_ff, s.d_ff, 2 * std::int64_t{s.d_ff}};
  s.window = read_gguf_window(fields, 0);
}

}  // namespace

extern constinit const Family kGgufPhi2{"phi2", "", describe_phi2, kGgufModules, "", {}};
extern constinit const Family kGgufPhi3{"phi3", "", describe_phi3, kGgufModules, "", {}};

}  // namespace linnet::convert
