#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace linnet::tools::metrics {

// Numbers for words, equal ones for equal words, so that a text of words can be counted and
// compared like one of characters.
class Symbols {
 public:
  std::u32string of(std::span<const std::string_view> words) {
    std::u32string text;
    for (const std::string_view word : words)
      text += numbers_.try_emplace(std::string(word), static_cast<char32_t>(numbers_.size()))
                  .first->second;
    return text;
  }

 private:
  std::unordered_map<std::string, char32_t> numbers_;
};

}  // namespace linnet::tools::metrics
