#pragma once

#include <cstddef>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/character_classes.h"
#include "engine/text/set_pattern.h"

// Cutting a text into words before byte-pair encoding. A model names its way of cutting by the text
// of regular expressions; the known ones are written out here by hand, over the classes of
// characters that the expressions speak of.
namespace linnet::text {

// An expression cuts a text at either end of each of its matches: what lies between two of them is
// a word too.
struct Pattern {
  std::string_view text;
  // The length in bytes of the first word of `rest`, which is not empty; at least 1. `rest` is
  // UTF-8, or after kByteDigitRuns parts of it.
  std::size_t (*first_word)(const CharacterClasses& classes, std::string_view rest);
  bool needs_punctuation = false;  // of the classes
};

// The expressions, as the models' own files have them.
inline constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
inline constexpr std::string_view kLlama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
// Also of StableLM 2.
inline constexpr std::string_view kQwen2Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
inline constexpr std::string_view kThreeDigits = "[0-9][0-9][0-9]";  // Falcon
// DeepSeek, with sets (engine/text/set_pattern.h) such as the first two, and kDigits.
inline constexpr std::string_view kNewline = "[\r\n]";
inline constexpr std::string_view kEastAsian =
    "[\xE4\xB8\x80-\xE9\xBE\xA5\xE0\xA0\x80-\xE4\xB8\x80\xEA\xB0\x80-\xED\x9F\xBF]+";
inline constexpr std::string_view kBlankLetters = R"(\s?\p{L}+)";
inline constexpr std::string_view kBlankPunctuation = R"(\s?\p{P}+)";
inline constexpr std::string_view kBlanksAtEnd = R"(\s+$)";  // of a line, as in Ruby
// BLOOM, as the library `tokenizers` reads its expression: no class within the class.
inline constexpr std::string_view kBloomPattern =
    " ?[^\\s(|.,!?\xE2\x80\xA6\xE3\x80\x82\xEF\xBC\x8C\xE3\x80\x81\xE0\xA5\xA4\xDB\x94\xD8\x8C)]+";

// Steps that the files name otherwise: `Digits` alone and in runs (StarCoder, SmolLM), and
// `Punctuation` alone and in runs (Falcon), ASCII's symbols among it.
inline constexpr std::string_view kDigits = R"(\p{N})";
inline constexpr std::string_view kDigitRuns = R"(\p{N}+)";
inline constexpr std::string_view kPunctuation = R"([\p{P}$+<=>^`|~])";
inline constexpr std::string_view kPunctuationRuns = R"([\p{P}$+<=>^`|~]+)";
// `Digits` in runs where bytes were replaced by printable characters before, of which those of
// these bytes count as numbers (Falcon again).
inline constexpr std::string_view kByteDigitRuns = R"((?-u)[0-9\xB2\xB3\xB9\xBC-\xBE]+)";

// Null if the expression is none of these. A set is an expression too; it is not found here.
const Pattern* find_pattern(std::string_view text);
bool is_known_pattern(std::string_view text);

// A model's expressions one after the other: each cuts what the one before left in one piece.
class Splitter {
 public:
  // Reads and checks `tokenizer.pattern` or `tokenizer.patterns`, and what CharacterClasses reads.
  static core::Result<Splitter> from(const core::Bundle& bundle);

  // Calls word(std::string_view) for each word of `text`, which is UTF-8, in order.
  template <class Word>
  void each_word(std::string_view text, const Word& word) const {
    cut(text, 0, word);
  }

 private:
  template <class Word>
  void cut(std::string_view text, std::size_t step, const Word& word) const {
    while (!text.empty()) {
      const std::string_view part = text.substr(0, first_word(steps_[step], text));
      if (step + 1 == steps_.size())
        word(part);
      else
        cut(part, step + 1, word);
      text.remove_prefix(part.size());
    }
  }
  using Step = std::variant<const Pattern*, SetPattern>;
  std::size_t first_word(const Step& step, std::string_view rest) const;
  core::Status add(std::string_view pattern);

  CharacterClasses classes_;
  std::vector<Step> steps_;  // at least one
};

}  // namespace linnet::text
