#pragma once

#include <string>

#include "engine/model/spec.h"
#include "tools/convert/config.h"

namespace linnet::convert {

// How pictures are brought to the size and the numbers that a model reads, from the folder's
// preprocessor_config.json (the image processors of transformers): into `pictures`, whose patch,
// channels, height and width are known. What is wrong becomes an error of `config`.
void read_picture_rules(Config& config, const std::string& folder, model::Pictures& pictures);

}  // namespace linnet::convert
