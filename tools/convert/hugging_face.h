#pragma once

#include "engine/model/spec.h"
#include "tools/convert/config.h"

// What the config.json of every Hugging Face family has in common.
namespace linnet::convert {

// Accounts for the fields that every family may carry: those about training, about the program that
// wrote them, about sampling. Refuses those that would change the network.
void read_common_fields(Config& config);

// The activation that the field `name` spells, refused by name if it is none of ours.
model::Activation read_activation(Config& config, std::string_view name,
                                  std::string_view otherwise);

}  // namespace linnet::convert
