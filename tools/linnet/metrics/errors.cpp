#include "tools/linnet/metrics/errors.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "tools/linnet/metrics/symbols.h"
#include "tools/linnet/metrics/words.h"

namespace linnet::tools::metrics {
namespace {

double percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::int64_t edit_distance(std::u32string_view a, std::u32string_view b) {
  // row[j]: from what was seen of `a` to the first j symbols of `b`.
  std::vector<std::int64_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (const char32_t symbol : a) {
    std::int64_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::int64_t substituted = diagonal + (symbol == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

void Errors::add(std::string_view hypothesis, std::span<const std::string_view> references) {
  Symbols symbols;
  const std::u32string said = symbols.of(words_of(hypothesis));
  std::int64_t fewest = -1, length = 0;
  for (const std::string_view reference : references) {
    const std::u32string wanted = symbols.of(words_of(reference));
    const std::int64_t distance = edit_distance(said, wanted);
    if (fewest >= 0 && distance >= fewest) continue;
    fewest = distance;
    length = static_cast<std::int64_t>(wanted.size());
  }
  ++lines;
  if (fewest > 0) ++wrong_lines;
  edits += fewest;
  tokens += length;
}

double Errors::line_rate() const { return percent(wrong_lines, lines); }

double Errors::token_rate() const { return percent(edits, tokens); }

}  // namespace linnet::tools::metrics
