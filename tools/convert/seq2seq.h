#pragma once

#include <array>

#include "tools/convert/family.h"

// What BART (Lewis et al., 2020) and the models of Hugging Face transformers that were made after
// it have in common: mBART, M2M-100, Marian.
namespace linnet::convert {

// Sizes, activation, embedding and head; layer norms and biases everywhere. What differs is left
// for the family: positions, the place of the norms, what stands around a source.
void describe_seq2seq(Config& config, const Found& found, model::Spec& spec);

// `positions` rows and two more in front, which nobody uses, of tables of positions.
void learn_positions(model::Spec& spec, int positions);

inline constexpr std::array kSeq2seqModules{
    Module{"embed.tokens", "model.shared"},
    Module{"embed.tokens", "model.decoder.embed_tokens"},
    Module{"embed.source", "model.encoder.embed_tokens"},
    Module{"encoder.positions", "model.encoder.embed_positions"},
    Module{"encoder.embed_norm", "model.encoder.layernorm_embedding"},
    Module{"encoder.*.self_norm", "model.encoder.layers.*.self_attn_layer_norm"},
    Module{"encoder.*.self.query", "model.encoder.layers.*.self_attn.q_proj"},
    Module{"encoder.*.self.key", "model.encoder.layers.*.self_attn.k_proj"},
    Module{"encoder.*.self.value", "model.encoder.layers.*.self_attn.v_proj"},
    Module{"encoder.*.self.out", "model.encoder.layers.*.self_attn.out_proj"},
    Module{"encoder.*.ffn_norm", "model.encoder.layers.*.final_layer_norm"},
    Module{"encoder.*.ffn.up", "model.encoder.layers.*.fc1"},
    Module{"encoder.*.ffn.down", "model.encoder.layers.*.fc2"},
    Module{"encoder.norm", "model.encoder.layer_norm"},
    Module{"decoder.positions", "model.decoder.embed_positions"},
    Module{"decoder.embed_norm", "model.decoder.layernorm_embedding"},
    Module{"decoder.*.self_norm", "model.decoder.layers.*.self_attn_layer_norm"},
    Module{"decoder.*.self.query", "model.decoder.layers.*.self_attn.q_proj"},
    Module{"decoder.*.self.key", "model.decoder.layers.*.self_attn.k_proj"},
    Module{"decoder.*.self.value", "model.decoder.layers.*.self_attn.v_proj"},
    Module{"decoder.*.self.out", "model.decoder.layers.*.self_attn.out_proj"},
    Module{"decoder.*.cross_norm", "model.decoder.layers.*.encoder_attn_layer_norm"},
    Module{"decoder.*.cross.query", "model.decoder.layers.*.encoder_attn.q_proj"},
    Module{"decoder.*.cross.key", "model.decoder.layers.*.encoder_attn.k_proj"},
    Module{"decoder.*.cross.value", "model.decoder.layers.*.encoder_attn.v_proj"},
    Module{"decoder.*.cross.out", "model.decoder.layers.*.encoder_attn.out_proj"},
    Module{"decoder.*.ffn_norm", "model.decoder.layers.*.final_layer_norm"},
    Module{"decoder.*.ffn.up", "model.decoder.layers.*.fc1"},
    Module{"decoder.*.ffn.down", "model.decoder.layers.*.fc2"},
    Module{"decoder.norm", "model.decoder.layer_norm"},
    Module{"head.weight", "lm_head.weight"},
    Module{"head.bias", "final_logits_bias"}};

}  // namespace linnet::convert
