#include "tools/convert/llama_like.h"

// Llama (Touvron et al., 2023; Grattafiori et al., 2024) as Hugging Face transformers stores it.
// Its rotary pairs are (i, i + d_head / 2), for which the projections there are already ordered.
namespace linnet::convert {
namespace {

void describe(Config& config, Found&, model::Spec& spec) {
  describe_llama_like(config, spec);
  config.harmless("pretraining_tp");  // the same product, in slices
  config.harmless("is_llama_config");
  config.harmless("max_sequence_length");
  config.only("rope_interleaved", false);
  config.only("sliding_window", nullptr);
  config.only("use_sliding_window", false);
  model::Stack& s = spec.decoder;
  s.qkv_bias = s.out_bias = config.flag("attention_bias", false);
  s.ffn_bias = config.flag("mlp_bias", false);
}

}  // namespace

extern constinit const Family kLlama{"llama", "LlamaForCausalLM", describe, kLlamaModules,
                                     "",      kStoredFrequencies};

}  // namespace linnet::convert
