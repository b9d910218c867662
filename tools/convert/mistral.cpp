#include "tools/convert/hugging_face.h"
#include "tools/convert/llama_like.h"

// Mistral (Jiang et al., 2023): Llama whose positions see a window of those before them.
namespace linnet::convert {
namespace {

void describe(Config& config, Found&, model::Spec& spec) {
  describe_llama_like(config, spec);
  read_window(config, spec.decoder, 1, 4096);
}

}  // namespace

extern constinit const Family kMistral{"mistral", "MistralForCausalLM", describe, kLlamaModules,
                                       "",        kStoredFrequencies};

}  // namespace linnet::convert
