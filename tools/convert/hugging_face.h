#pragma once

#include "engine/model/spec.h"
#include "tools/convert/config.h"

// What the config.json of every Hugging Face family has in common.
namespace linnet::convert {

enum class Kind { decoder, encoder_decoder };

// Accounts for the fields that every family may carry: those about training, about the program that
// wrote them, about sampling. Refuses those that would change the network.
void read_common_fields(Config& config, Kind kind = Kind::decoder);

// What generation_config.json says of `sequences` in place of config.json: its ids of tokens.
inline constexpr std::string_view kGenerationFields[]{
    "bos_token_id",           "eos_token_id",        "pad_token_id",
    "decoder_start_token_id", "forced_bos_token_id", "bad_words_ids",
    "forced_eos_token_id",    "suppress_tokens",     "begin_suppress_tokens"};

// start, ends, forced_first and suppressed of an encoder-decoder, by the fields above. Where there
// is no decoder_start_token_id, `start` names the field that takes its place.
void read_sequences(Config& config, std::string_view start, model::Sequences& sequences);

// The activation that the field `name` spells, refused by name if it is none of ours.
model::Activation read_activation(Config& config, std::string_view name,
                                  std::string_view otherwise);

// Of GPT-2 and what is stored like it: of training, and of heads that classify.
inline constexpr std::string_view kGptHarmless[]{"attn_pdrop",
                                                 "embd_pdrop",
                                                 "resid_pdrop",
                                                 "summary_activation",
                                                 "summary_first_dropout",
                                                 "summary_proj_to_labels",
                                                 "summary_type",
                                                 "summary_use_proj"};

// Layers, widths and heads of the fields that most families have: num_hidden_layers, hidden_size,
// intermediate_size, num_attention_heads. A key for each query.
void read_sizes(Config& config, model::Stack& stack);

// The width of each head, which is that of the layers among them. `heads` and `width` are the
// fields that say so.
void split_heads(Config& config, model::Stack& stack,
                 std::string_view heads = "num_attention_heads",
                 std::string_view width = "hidden_size");

// Which layers see a window, and how wide it is: `sliding_window` with `layer_types`, or, where the
// config does not list them, every layer but each `period`-th (1: all of them).
// `otherwise`: the window where the config has no such field; null means none.
void read_window(Config& config, model::Stack& stack, int period, int otherwise = 0);

// Slopes of linear biases for that many heads (Press et al., 2022): 2^(-top i / n) for n heads, a
// power of two; otherwise those of the power below and then every other one of the power above.
std::vector<float> bias_slopes(int heads, double top = 8.0);

}  // namespace linnet::convert
