#pragma once

#include <string_view>

#include "engine/text/pretokenize.h"

namespace linnet::convert {

// The letters of DeepSeek LLM that have a small and a large form, and its punctuation.
inline constexpr std::string_view kBlankCasedLetters =
    "\\s?[A-Za-z\xC2\xB5\xC3\x80-\xC3\x96\xC3\x98-\xC3\xB6\xC3\xB8-\xC6\xBA\xC6\xBC-\xC6\xBF"
    "\xC7\x84-\xCA\x93\xCA\x95-\xCA\xAF\xCD\xB0-\xCD\xB3\xCD\xB6\xCD\xB7\xCD\xBB-\xCD\xBD"
    "\xCD\xBF\xCE\x86\xCE\x88-\xCE\x8A\xCE\x8C\xCE\x8E-\xCE\xA1\xCE\xA3-\xCF\xB5\xCF\xB7-"
    "\xD2\x81\xD2\x8A-\xD4\xAF\xD4\xB1-\xD5\x96\xE1\x82\xA0-\xE1\x83\x85\xE1\x8E\xA0-"
    "\xE1\x8F\xB5\xE1\x8F\xB8-\xE1\x8F\xBD\xE1\xB2\x90-\xE1\xB2\xBA\xE1\xB2\xBD-\xE1\xB2\xBF"
    "\xE1\xB4\x80-\xE1\xB4\xAB\xE1\xB5\xAB-\xE1\xB5\xB7\xE1\xB5\xB9-\xE1\xB6\x9A\xE1\xB8\x80-"
    "\xE1\xBC\x95\xE1\xBC\x98-\xE1\xBC\x9D\xE1\xBC\xA0-\xE1\xBD\x85\xE1\xBD\x88-\xE1\xBD\x8D"
    "\xE1\xBD\x90-\xE1\xBD\x97\xE1\xBD\x99\xE1\xBD\x9B\xE1\xBD\x9D\xE1\xBD\x9F-\xE1\xBD\xBD"
    "\xE1\xBE\x80-\xE1\xBE\xB4\xE1\xBE\xB6-\xE1\xBE\xBC\xE1\xBE\xBE\xE1\xBF\x82-\xE1\xBF\x84"
    "\xE1\xBF\x86-\xE1\xBF\x8C\xE1\xBF\x90-\xE1\xBF\x93\xE1\xBF\x96-\xE1\xBF\x9B\xE1\xBF\xA0-"
    "\xE1\xBF\xAC\xE1\xBF\xB2-\xE1\xBF\xB4\xE1\xBF\xB6-\xE1\xBF\xBC\xE2\x84\x82\xE2\x84\x87"
    "\xE2\x84\x8A-\xE2\x84\x93\xE2\x84\x95\xE2\x84\x99-\xE2\x84\x9D\xE2\x84\xA4\xE2\x84\xA6"
    "\xE2\x84\xA8\xE2\x84\xAA-\xE2\x84\xAD\xE2\x84\xAF-\xE2\x84\xB4\xE2\x84\xB9\xE2\x84\xBC-"
    "\xE2\x84\xBF\xE2\x85\x85-\xE2\x85\x89\xE2\x85\x8E\xE2\x86\x83\xE2\x86\x84\xE2\xB0\x80-"
    "\xE2\xB1\xBB\xE2\xB1\xBE-\xE2\xB3\xA4\xE2\xB3\xAB-\xE2\xB3\xAE\xE2\xB3\xB2\xE2\xB3\xB3"
    "\xEA\x99\x80-\xEA\x99\xAD\xEA\x9A\x80-\xEA\x9A\x9B\xEA\x9C\xA2-\xEA\x9D\xAF\xEA\x9D\xB1-"
    "\xEA\x9E\x87\xEA\x9E\x8B-\xEA\x9E\x8E\xEA\xAD\xB0-\xEA\xAE\xBF\xEF\xAC\x80-\xEF\xAC\x86"
    "\xEF\xAC\x93-\xEF\xAC\x97\xEF\xBC\xA1-\xEF\xBC\xBA\xEF\xBD\x81-\xEF\xBD\x9A"
    "\xF0\x90\x90\x80-\xF0\x90\x91\x8F\xF0\x90\x92\xB0-\xF0\x90\x93\x93\xF0\x90\x93\x98-"
    "\xF0\x90\x93\xBB\xF0\x90\xB2\x80-\xF0\x90\xB2\xB2\xF0\x90\xB3\x80-\xF0\x90\xB3\xB2"
    "\xF0\x91\xA2\xA0-\xF0\x91\xA3\x9F\xF0\x9E\xA4\x80-\xF0\x9E\xA5\x83]+";
inline constexpr std::string_view kBlankMarks =
    "\\s?[!-/:-~\xEF\xBC\x81-\xEF\xBC\x8F\xEF\xBC\x9A-\xEF\xBD\x9E\xE2\x80\x98-\xE2\x80\x9F"
    "\xE3\x80\x80-\xE3\x80\x82]+";

// What `tokenizer.ggml.pre` says about byte-level BPE: the expressions that cut words, one after
// the other; whether a word that is a token is one whatever the merges are; whether texts begin
// with the begin token; and, which llama.cpp does not do but the models' own tokenizers do, whether
// texts are brought to the composed form first.
struct GgufCut {
  std::string_view name;
  std::string_view patterns[6];  // up to the first empty one
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
    {"a.x-4.0", {text::kGpt2Pattern}},
    {"trillion", {text::kGpt2Pattern}},
    {"dbrx", {text::kLlama3Pattern}},
    {"llama-bpe", {text::kLlama3Pattern}, true, true},
    {"llama3", {text::kLlama3Pattern}, true, true},
    {"llama-v3", {text::kLlama3Pattern}, true, true},
    {"falcon3", {text::kLlama3Pattern}, true, true},
    {"lfm2", {text::kLlama3Pattern}, true, true},
    {"midm-2.0", {text::kLlama3Pattern}, true, true},
    {.name = "qwen2", .patterns = {text::kQwen2Pattern}, .composes = true},
    {"deepseek-r1-qwen", {text::kQwen2Pattern}},
    {"stablelm2", {text::kQwen2Pattern}},
    {"deepseek-coder",
     {text::kNewline, text::kBlankLetters, text::kBlankPunctuation, text::kEastAsian,
      text::kDigits}},
    // llama.cpp keeps runs of digits, of which this vocabulary has none.
    {"deepseek-llm",
     {text::kNewline, kBlankCasedLetters, kBlankMarks, text::kBlanksAtEnd, text::kEastAsian,
      text::kDigits}},
    {.name = "command-r", .patterns = {text::kDigits, text::kGpt2Pattern}, .composes = true},
    {"minerva-7b", {text::kDigits, text::kGpt2Pattern}},
    {"starcoder", {text::kDigits, text::kGpt2Pattern}},
    {"refact", {text::kDigits, text::kGpt2Pattern}},
    {"smollm", {text::kDigits, text::kGpt2Pattern}},
    {"bloom", {text::kBloomPattern}},
    {"gpt3-finnish", {text::kBloomPattern}},
    {"poro-chat", {text::kBloomPattern}},
    {"viking", {text::kBloomPattern, text::kDigits}},
    {"falcon",
     {text::kPunctuationRuns, text::kGpt2Pattern, text::kByteDigitRuns, text::kThreeDigits}}};

}  // namespace linnet::convert
