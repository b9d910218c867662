#include "tools/convert/hugging_face.h"
#include "tools/convert/llama_like.h"

// Qwen2 (Yang et al., 2024): Llama with biases of queries, keys and values. Qwen3 (2025): without
// them, with a norm of each head's queries and keys.
namespace linnet::convert {
namespace {

// Layers from max_window_layers on see a window, if any do.
void describe_windows(Config& config, model::Stack& s) {
  config.only("use_mrope", false);  // positions of pictures
  const int first = config.integer("max_window_layers", 28);
  if (!config.flag("use_sliding_window", false)) {
    config.harmless("sliding_window");
    for (const std::string& type : config.texts("layer_types"))
      if (type != "full_attention")
        config.refuse("layer_types", "names windows, and use_sliding_window is false");
  } else if (config.has("layer_types") || first == 0) {
    read_window(config, s, 1);
  } else if (first >= s.layers) {
    config.harmless("sliding_window");
  } else {
    config.refuse("max_window_layers", "says that only later layers see a window: not supported");
  }
}

void describe_qwen2(Config& config, Found&, model::Spec& spec) {
  describe_llama_like(config, spec);
  describe_windows(config, spec.decoder);
  spec.decoder.qkv_bias = true;
}

void describe_qwen3(Config& config, Found&, model::Spec& spec) {
  describe_llama_like(config, spec);
  describe_windows(config, spec.decoder);
  model::Stack& s = spec.decoder;
  s.query_key_norm = true;
  s.qkv_bias = s.out_bias = config.flag("attention_bias", false);
}

}  // namespace

extern constinit const Family kQwen2{"qwen2", "Qwen2ForCausalLM", describe_qwen2, kLlamaModules,
                                     "",      kStoredFrequencies};
extern constinit const Family kQwen3{"qwen3", "Qwen3ForCausalLM", describe_qwen3, kLlamaModules,
                                     "",      kStoredFrequencies};

}  // namespace linnet::convert
