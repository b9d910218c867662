#include "tools/linnet/metrics/bleu.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "tools/linnet/metrics/ngrams.h"
#include "tools/linnet/metrics/symbols.h"
#include "tools/linnet/metrics/tokenize_13a.h"
#include "tools/linnet/metrics/words.h"

namespace linnet::tools::metrics {
namespace {

// Stands for the logarithm of 0, as in sacreBLEU: small enough for a score of exactly 0.
constexpr double kLogOfZero = -9999999999;

std::u32string tokens_of(std::string_view line, Symbols& symbols) {
  const std::string tokens = tokenize_13a(line);
  return symbols.of(words_of(tokens));
}

// The length closest to `length`; of two as close the shorter.
std::int64_t closest(std::span<const std::u32string> references, std::int64_t length) {
  const auto less = [length](const std::u32string& a, const std::u32string& b) {
    const auto size_a = static_cast<std::int64_t>(a.size());
    const auto size_b = static_cast<std::int64_t>(b.size());
    const std::int64_t far_a = std::abs(size_a - length), far_b = std::abs(size_b - length);
    return far_a != far_b ? far_a < far_b : size_a < size_b;
  };
  const auto best = std::min_element(references.begin(), references.end(), less);
  return static_cast<std::int64_t>(best->size());
}

double brevity_penalty(double hypothesis_length, double reference_length) {
  if (hypothesis_length >= reference_length) return 1;
  return hypothesis_length > 0 ? std::exp(1 - reference_length / hypothesis_length) : 0;
}

}  // namespace

void Bleu::add(std::string_view hypothesis, std::span<const std::string_view> references) {
  Symbols symbols;
  const std::u32string said = tokens_of(hypothesis, symbols);
  std::vector<std::u32string> wanted;
  for (const std::string_view reference : references)
    wanted.push_back(tokens_of(reference, symbols));
  for (std::size_t n = 1; n <= BleuScore::kOrder; ++n) {
    const Ngrams ours = ngrams_of(said, n);
    Ngrams theirs;
    for (const std::u32string& reference : wanted)
      theirs = most_of(theirs, ngrams_of(reference, n));
    correct_[n - 1] += matches(ours, theirs);
    total_[n - 1] += total(ours);
  }
  const auto length = static_cast<std::int64_t>(said.size());
  hypothesis_length_ += length;
  reference_length_ += closest(wanted, length);
}

BleuScore Bleu::score() const {
  BleuScore result;
  result.hypothesis_length = hypothesis_length_;
  result.reference_length = reference_length_;
  result.brevity = brevity_penalty(static_cast<double>(hypothesis_length_),
                                   static_cast<double>(reference_length_));
  // Every match of a longer n-gram is one of its single tokens too.
  if (correct_[0] == 0) return result;
  double smoothing = 1;
  for (std::size_t i = 0; i < BleuScore::kOrder && total_[i] > 0; ++i) {
    if (correct_[i] == 0) smoothing *= 2;
    const double correct = correct_[i] == 0 ? 1 / smoothing : static_cast<double>(correct_[i]);
    result.precisions[i] = 100 * correct / static_cast<double>(total_[i]);
  }
  double logarithms = 0;
  for (const double precision : result.precisions)
    logarithms += precision > 0 ? std::log(precision) : kLogOfZero;
  result.score = result.brevity * std::exp(logarithms / BleuScore::kOrder);
  return result;
}

}  // namespace linnet::tools::metrics
