#pragma once

#include <string_view>

#include "engine/text/pretokenize.h"

namespace linnet::convert {

// What `tokenizer.ggml.pre` says about byte-level BPE: how words are cut, whether a word that is a
// token is one whatever the merges are, and whether texts begin with the begin token.
struct GgufCut {
  std::string_view name, pattern;
  bool whole_words = false, add_begin = false;
};
inline constexpr GgufCut kGgufCuts[]{{"gpt-2", text::kGpt2Pattern},
                                     {"phi-2", text::kGpt2Pattern},
                                     {"gigachat", text::kGpt2Pattern},
                                     {"mellum", text::kGpt2Pattern},
                                     {"exaone4", text::kGpt2Pattern},
                                     {"llama-bpe", text::kLlama3Pattern, true, true},
                                     {"llama3", text::kLlama3Pattern, true, true},
                                     {"llama-v3", text::kLlama3Pattern, true, true},
                                     {"falcon3", text::kLlama3Pattern, true, true},
                                     {"lfm2", text::kLlama3Pattern, true, true}};

}  // namespace linnet::convert
