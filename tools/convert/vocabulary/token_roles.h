#pragma once

#include <string>

#include "engine/core/result.h"
#include "tools/convert/vocabulary/vocabulary.h"

namespace linnet::convert {

// Reads what the small files of a Hugging Face folder say about tokens, as far as they are there:
// tokenizer_config.json (and added_tokens.json) which tokens are added, it and
// special_tokens_map.json which begin and end a text, and config.json and generation_config.json
// after which ones a text is over. `tokens_are_whole`: the vocabulary already has its added tokens.
core::Status read_token_roles(const std::string& folder, bool tokens_are_whole,
                              Vocabulary& vocabulary);

}  // namespace linnet::convert
