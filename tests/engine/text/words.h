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

// The words that known expressions cut `text` into, with this build's Unicode tables.
inline std::vector<std::string> words_of(const std::vector<std::string>& patterns,
                                         std::string_view text) {
  using Integers = std::span<const std::int32_t>;
  core::BundleBuilder builder;
  builder.add_setting("tokenizer.letters", Integers(unicode::kLetters));
  builder.add_setting("tokenizer.numbers", Integers(unicode::kNumbers));
  builder.add_setting("tokenizer.punctuation", Integers(unicode::kPunctuation));
  builder.add_setting("tokenizer.patterns", std::span<const std::string>(patterns));
  const core::Bundle bundle = builder.build();
  const auto splitter = text::Splitter::from(bundle);
  if (!splitter) FAIL(splitter.error().sentence);
  std::vector<std::string> words;
  splitter->each_word(text, [&](std::string_view word) {
    if (word.empty()) FAIL("an empty word");
    words.emplace_back(word);
  });
  return words;
}

inline std::vector<std::string> words_of(std::string_view pattern, std::string_view text) {
  return words_of(std::vector{std::string(pattern)}, text);
}

}  // namespace linnet::support
