#include <array>

#include "tools/convert/hugging_face.h"
#include "tools/convert/llama_like.h"

// Phi-3 (Abdin et al., 2024) as Hugging Face transformers stores it: Llama with a window, and with
// query, key and value in one matrix, gate and up in another.
namespace linnet::convert {
namespace {

constexpr std::string_view kHarmless[]{"auto_map", "embd_pdrop", "resid_pdrop",
                                       "original_max_position_embeddings"};

void describe(Config& config, Found& found, model::Spec& spec) {
  model::Stack& s = spec.decoder;
  describe_llama_like(config, spec, {.part = "partial_rotary_factor"});
  config.harmless(kHarmless);
  config.only("attention_bias", false);
  read_window(config, s, 1);
  found.fused = fused_stack(s);
}

constexpr std::array kModules{
    Module{"embed.tokens", "model.embed_tokens"},
    Module{"decoder.*.self_norm", "model.layers.*.input_layernorm"},
    Module{"decoder.*.self.query", "model.layers.*.self_attn.qkv_proj"},
    Module{"decoder.*.self.key", "model.layers.*.self_attn.qkv_proj"},
    Module{"decoder.*.self.value", "model.layers.*.self_attn.qkv_proj"},
    Module{"decoder.*.self.out", "model.layers.*.self_attn.o_proj"},
    Module{"decoder.*.ffn_norm", "model.layers.*.post_attention_layernorm"},
    Module{"decoder.*.ffn.gate", "model.layers.*.mlp.gate_up_proj", false, 0, 2},
    Module{"decoder.*.ffn.up", "model.layers.*.mlp.gate_up_proj", false, 1, 2},
    Module{"decoder.*.ffn.down", "model.layers.*.mlp.down_proj"},
    Module{"decoder.norm", "model.norm"},
    Module{"head", "lm_head"}};

}  // namespace

extern constinit const Family kPhi3{"phi3", "Phi3ForCausalLM", describe, kModules,
                                    "",     kStoredFrequencies};

}  // namespace linnet::convert
