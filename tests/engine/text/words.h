#pragma once

#include <doctest/doctest.h>
#include <unicode/ranges.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "engine/text/pretokenize.h"

namespace linnet::support {

// The words that a known expression cuts `text` into, with this build's Unicode tables.
inline std::vector<std::string> words_of(std::string_view pattern, std::string_view text) {
  using Integers = std::span<const std::int32_t>;
  core::BundleBuilder builder;
  builder.add_setting("tokenizer.letters", Integers(unicode::kLetters));
  builder.add_setting("tokenizer.numbers", Integers(unicode::kNumbers));
  const core::Bundle bundle = builder.build();
  const auto classes = text::CharacterClasses::from(bundle);
  REQUIRE(classes);
  const text::FirstWord first_word = text::find_pattern(pattern);
  REQUIRE(bool(first_word));
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t bytes = first_word(*classes, text);
    if (bytes == 0) FAIL("an empty word");
    words.emplace_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return words;
}

}  // namespace linnet::support
