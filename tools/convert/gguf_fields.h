#pragma once

#include <string>
#include <string_view>

#include "engine/model/spec.h"
#include "tools/convert/checkpoint/checkpoint.h"
#include "tools/convert/config.h"

// What the fields of every GGUF file have in common, whatever its architecture. Fields that begin
// with the name of the architecture are asked for like those of a config.json; the others are about
// the file, its tokenizer and where it came from.
namespace linnet::convert {

// The fields of the architecture of that name.
Config gguf_section(Config& config, std::string_view architecture);

// Layers, widths, heads and context of `stack`.
void read_gguf_sizes(Config& fields, model::Stack& stack);

// rope.* for heads of `d_head`, folded into frequencies, and the tensor rope_freqs.weight, which
// divides them. Scaling is "none" or "linear"; any other is refused by name.
model::Rotary read_gguf_rotary(Config& fields, const Checkpoint& checkpoint, int d_head);

// The vocabulary as the embedding has it, and whether the head is the embedding: there is none, or
// an equal one.
void read_gguf_head(Config& fields, const Checkpoint& checkpoint, model::Spec& spec);

}  // namespace linnet::convert
