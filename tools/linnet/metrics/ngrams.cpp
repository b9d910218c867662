#include "tools/linnet/metrics/ngrams.h"

#include <algorithm>

namespace linnet::tools::metrics {
namespace {

// Goes through both in order and calls visit(symbols, count in a, count in b) for each.
template <class Visit>
void together(const Ngrams& a, const Ngrams& b, Visit visit) {
  auto x = a.begin();
  auto y = b.begin();
  while (x != a.end() || y != b.end()) {
    const bool from_a = y == b.end() || (x != a.end() && x->symbols <= y->symbols);
    const bool from_b = x == a.end() || (y != b.end() && y->symbols <= x->symbols);
    const std::u32string_view symbols = from_a ? x->symbols : y->symbols;
    visit(symbols, from_a ? x->count : 0, from_b ? y->count : 0);
    if (from_a) ++x;
    if (from_b) ++y;
  }
}

}  // namespace

Ngrams ngrams_of(std::u32string_view text, std::size_t n) {
  if (text.size() < n) return {};
  std::vector<std::u32string_view> all;
  for (std::size_t at = 0; at + n <= text.size(); ++at) all.push_back(text.substr(at, n));
  std::sort(all.begin(), all.end());
  Ngrams ngrams;
  for (const std::u32string_view symbols : all) {
    if (ngrams.empty() || ngrams.back().symbols != symbols) ngrams.push_back({symbols, 0});
    ++ngrams.back().count;
  }
  return ngrams;
}

Ngrams most_of(const Ngrams& a, const Ngrams& b) {
  Ngrams most;
  together(a, b, [&](std::u32string_view symbols, std::int64_t in_a, std::int64_t in_b) {
    most.push_back({symbols, std::max(in_a, in_b)});
  });
  return most;
}

std::int64_t matches(const Ngrams& a, const Ngrams& b) {
  std::int64_t both = 0;
  together(a, b, [&](std::u32string_view, std::int64_t in_a, std::int64_t in_b) {
    both += std::min(in_a, in_b);
  });
  return both;
}

std::int64_t total(const Ngrams& ngrams) {
  std::int64_t sum = 0;
  for (const Ngram& ngram : ngrams) sum += ngram.count;
  return sum;
}

}  // namespace linnet::tools::metrics
