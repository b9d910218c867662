#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/core/bundle.h"
#include "engine/core/result.h"

// Cutting a text into words before byte-pair encoding. A model names its way of cutting by the text
// of a regular expression; the known ones are written out here by hand, over the classes of
// characters that the expressions speak of.
namespace linnet::text {

// What \p{L}, \p{N} and \s mean. Letters and numbers come from the model file, so that a model
// means the same on every machine whatever Unicode version it knows; blanks (White_Space) are few
// and stable. The ranges stay where the bundle has them: its keeper outlives this.
class CharacterClasses {
 public:
  enum Class : std::uint8_t { other, letter, number, blank };

  // Reads and checks `tokenizer.letters` and `tokenizer.numbers`: first and last character of each
  // range, in rising order.
  static core::Result<CharacterClasses> from(const core::Bundle& bundle);

  Class operator()(char32_t c) const { return c < kTable ? table_[c] : search(c); }

 private:
  static constexpr char32_t kTable = 0x800;  // what has one or two bytes: most alphabets
  Class search(char32_t c) const;

  std::span<const std::int32_t> letters_, numbers_;
  std::array<Class, kTable> table_{};
};

// The property White_Space.
bool is_blank(char32_t c);

// The length in bytes of the first word of `rest`, which is not empty and is UTF-8; at least 1.
using FirstWord = std::size_t (*)(const CharacterClasses& classes, std::string_view rest);

// The expressions, as the models' own files have them.
inline constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
inline constexpr std::string_view kLlama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// Null if the expression is none of these.
FirstWord find_pattern(std::string_view pattern);

}  // namespace linnet::text
