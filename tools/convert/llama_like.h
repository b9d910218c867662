#pragma once

#include <array>

#include "tools/convert/family.h"
#include "tools/convert/rotary.h"

// What Llama (Touvron et al., 2023) and the models of Hugging Face transformers that were made
// after it have in common: Mistral, Qwen.
namespace linnet::convert {

// Sizes, activation, rotary positions; RMS norms before the branches and a gated feed-forward
// network. What differs is left for the family: biases, windows, norms of queries and keys.
void describe_llama_like(Config& config, model::Spec& spec, const RotaryFields& rotary = {});

inline constexpr std::array kLlamaModules{
    Module{"embed.tokens", "model.embed_tokens"},
    Module{"decoder.*.self_norm", "model.layers.*.input_layernorm"},
    Module{"decoder.*.self.query", "model.layers.*.self_attn.q_proj"},
    Module{"decoder.*.self.key", "model.layers.*.self_attn.k_proj"},
    Module{"decoder.*.self.value", "model.layers.*.self_attn.v_proj"},
    Module{"decoder.*.self.query_norm", "model.layers.*.self_attn.q_norm"},
    Module{"decoder.*.self.key_norm", "model.layers.*.self_attn.k_norm"},
    Module{"decoder.*.self.out", "model.layers.*.self_attn.o_proj"},
    Module{"decoder.*.ffn_norm", "model.layers.*.post_attention_layernorm"},
    Module{"decoder.*.ffn.gate", "model.layers.*.mlp.gate_proj"},
    Module{"decoder.*.ffn.up", "model.layers.*.mlp.up_proj"},
    Module{"decoder.*.ffn.down", "model.layers.*.mlp.down_proj"},
    Module{"decoder.norm", "model.norm"},
    Module{"head", "lm_head"}};

// Older versions stored the frequencies, which follow from the config.
inline constexpr std::array<std::string_view, 2> kStoredFrequencies{
    "model.layers.*.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq"};

}  // namespace linnet::convert
