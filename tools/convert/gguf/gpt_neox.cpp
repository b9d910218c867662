#include "tools/convert/gguf/fields.h"
#include "tools/convert/gguf/rotary.h"

// The architecture "gptneox" of GGUF files. llama.cpp takes the GELU with tanh; the models were
// trained with the other one.
namespace linnet::convert {
namespace {

void describe(Config& config, Found& found, model::Spec& spec) {
  Config fields = describe_gguf_decoder(config, found, "gptneox", model::NormKind::layer, spec);
  read_gguf_rotary(fields, found, spec.decoder);
  spec.decoder.parallel = fields.flag("use_parallel_residual", true);
}

}  // namespace

extern constinit const Family kGgufGptNeox{"gptneox", "", describe, kGgufModules, "", {}};

}  // namespace linnet::convert
