#pragma once

#include <string_view>

#include "engine/text/pretokenize.h"

namespace linnet::convert {

// What `tokenizer.ggml.pre` says about byte-level BPE: the expressions that cut words, one after
// the other; whether a word that is a token is one whatever the merges are; whether texts begin
// with the begin token; and, which llama.cpp does not do but the models' own tokenizers do, whether
// texts are brought to the composed form first.
struct GgufCut {
  std::string_view name;
  std::string_view patterns[5];  // up to the first empty one
  bool whole_words = false, add_begin = false, composes = false;
};
inline constexpr GgufCut kGgufCuts[]{
    {"gpt-2", {text::kGpt2Pattern}},
    {"phi-2", {text::kGpt2Pattern}},
    {"gigachat", {text::kGpt2Pattern}},
    {"mellum", {text::kGpt2Pattern}},
    {"exaone4", {text::kGpt2Pattern}},
    {.name = "mpt", .patterns = {text::kGpt2Pattern}, .composes = true},
    {.name = "olmo", .patterns = {text::kGpt2Pattern}, .composes = true},
    {"llama-bpe", {text::kLlama3Pattern}, true, true},
    {"llama3", {text::kLlama3Pattern}, true, true},
    {"llama-v3", {text::kLlama3Pattern}, true, true},
    {"falcon3", {text::kLlama3Pattern}, true, true},
    {"lfm2", {text::kLlama3Pattern}, true, true},
    {.name = "qwen2", .patterns = {text::kQwen2Pattern}, .composes = true},
    {"starcoder", {text::kDigits, text::kGpt2Pattern}},
    {"refact", {text::kDigits, text::kGpt2Pattern}},
    {"smollm", {text::kDigits, text::kGpt2Pattern}},
    {"bloom", {text::kBloomPattern}},
    {"falcon",
     {text::kPunctuationRuns, text::kGpt2Pattern, text::kByteDigitRuns, text::kThreeDigits}}};

}  // namespace linnet::convert
