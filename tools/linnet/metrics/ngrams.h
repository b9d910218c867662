#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace linnet::tools::metrics {

// A sequence of n symbols, and how often it occurs.
struct Ngram {
  std::u32string_view symbols;
  std::int64_t count;
};

// Different ones, sorted by their symbols. They look into the text that they are from.
using Ngrams = std::vector<Ngram>;

// All that `text` has of length `n`, at least 1.
Ngrams ngrams_of(std::u32string_view text, std::size_t n);

// Each of either, as often as it occurs where it occurs more often.
Ngrams most_of(const Ngrams& a, const Ngrams& b);

// How many both have: of each, the lower count.
std::int64_t matches(const Ngrams& a, const Ngrams& b);

std::int64_t total(const Ngrams& ngrams);

}  // namespace linnet::tools::metrics
