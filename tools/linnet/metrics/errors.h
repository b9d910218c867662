#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace linnet::tools::metrics {

// The fewest insertions, deletions and substitutions of symbols that make `b` of `a` (Levenshtein).
std::int64_t edit_distance(std::u32string_view a, std::u32string_view b);

// Errors of lines and of their blank-separated tokens. Each line is compared with the reference
// that needs the fewest edits; of several such ones, with the first.
struct Errors {
  std::int64_t lines = 0, wrong_lines = 0;  // that equal none of their references
  std::int64_t edits = 0, tokens = 0;       // tokens: of the references

  // At least one reference.
  void add(std::string_view hypothesis, std::span<const std::string_view> references);

  // In percent. Above 100 where there are more edits than tokens; 0 without lines or tokens.
  double line_rate() const;
  double token_rate() const;
};

}  // namespace linnet::tools::metrics
