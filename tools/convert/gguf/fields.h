#pragma once

#include <array>
#include <string>
#include <string_view>

#include "engine/model/spec.h"
#include "tools/convert/family.h"

// What GGUF files have in common, whatever their architecture. Fields that begin with the name of
// the architecture are asked for like those of a config.json; the others are about the file, its
// tokenizer and where it came from.
namespace linnet::convert {

// The fields of the architecture of that name.
Config gguf_section(Config& config, std::string_view architecture);

// Layers, widths, heads and context of `stack`.
void read_gguf_sizes(Config& fields, model::Stack& stack);

// The vocabulary as the embedding has it, and whether the head is the embedding: there is none, or
// an equal one.
void read_gguf_head(Config& fields, const Checkpoint& checkpoint, model::Spec& spec);

// Whether queries, keys and values of `stack` ("decoder", "encoder") are one matrix or three: the
// words {query}, {key} and {value}. Old files have one for some architectures, new ones for any.
void find_gguf_fused(Found& found, const model::Stack& s, bool encoder = false);

// How many tokens a layer with a window sees; 0: all.
int read_gguf_window(Config& fields, int otherwise);

// A decoder of the architecture of that name: all of the above, its norms and the words of
// kGgufModules. Which biases it has, its tensors say. The rest is left for the family.
Config describe_gguf_decoder(Config& config, Found& found, std::string_view architecture,
                             model::NormKind norm, model::Spec& spec);

inline constexpr std::array kGgufModules{
    Module{"embed.tokens", "token_embd"},
    Module{"decoder.positions", "position_embd"},
    Module{"decoder.embed_norm", "token_embd_norm"},
    Module{"decoder.*.self_norm", "blk.*.{self_norm}"},
    Module{"decoder.*.self.query", "blk.*.{query}"},
    Module{"decoder.*.self.key", "blk.*.{key}"},
    Module{"decoder.*.self.value", "blk.*.{value}"},
    Module{"decoder.*.self.query_norm", "blk.*.attn_q_norm"},
    Module{"decoder.*.self.key_norm", "blk.*.attn_k_norm"},
    Module{"decoder.*.self.out", "blk.*.attn_output"},
    Module{"decoder.*.self_post_norm", "blk.*.post_attention_norm"},
    Module{"decoder.*.ffn_norm", "blk.*.{ffn_norm}"},
    Module{"decoder.*.ffn.gate", "blk.*.{gate}"},
    Module{"decoder.*.ffn.up", "blk.*.ffn_up"},
    Module{"decoder.*.ffn.down", "blk.*.ffn_down"},
    Module{"decoder.*.ffn_post_norm", "blk.*.post_ffw_norm"},
    Module{"decoder.norm", "output_norm"},
    Module{"head", "output"}};

}  // namespace linnet::convert
