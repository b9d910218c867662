#include "tools/linnet/metrics/chrf.h"

#include <string>

#include "engine/text/utf8.h"
#include "tools/linnet/metrics/ngrams.h"
#include "tools/linnet/metrics/symbols.h"
#include "tools/linnet/metrics/words.h"

namespace linnet::tools::metrics {
namespace {

bool is_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

// Words, of which one ASCII punctuation mark at the end is apart, or else one at the beginning.
std::vector<std::string_view> words_and_marks(std::string_view line) {
  std::vector<std::string_view> parts;
  for (const std::string_view word : words_of(line)) {
    const std::size_t size = word.size();
    const std::size_t first = static_cast<std::size_t>(text::first_character(word).bytes) == size
                                  ? size
                              : is_punctuation(word.back())  ? size - 1
                              : is_punctuation(word.front()) ? 1
                                                             : size;
    parts.push_back(word.substr(0, first));
    if (first < size) parts.push_back(word.substr(first));
  }
  return parts;
}

// Its n-grams look into it, so it stays where it is.
struct Line {
  Line(std::string_view text, std::size_t word_order, Symbols& symbols)
      : characters(without_blanks(text)) {
    for (std::size_t n = 1; n <= Chrf::kCharOrder; ++n) ngrams.push_back(ngrams_of(characters, n));
    if (word_order > 0) words = symbols.of(words_and_marks(text));
    for (std::size_t n = 1; n <= word_order; ++n) ngrams.push_back(ngrams_of(words, n));
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  std::u32string characters, words;
  std::vector<Ngrams> ngrams;  // characters, then words
};

std::vector<Chrf::Counts> compare(const Line& hypothesis, const Line& reference) {
  std::vector<Chrf::Counts> counts;
  for (std::size_t i = 0; i < hypothesis.ngrams.size(); ++i) {
    const Ngrams& ours = hypothesis.ngrams[i];
    const Ngrams& theirs = reference.ngrams[i];
    // Where the reference is too short for any, ours are no mistakes.
    counts.push_back({.hypothesis = theirs.empty() ? 0 : total(ours),
                      .reference = total(theirs),
                      .both = matches(ours, theirs)});
  }
  return counts;
}

// F of the mean precision and the mean recall of the lengths that both sides have, in percent.
double f_score(const std::vector<Chrf::Counts>& counts) {
  constexpr double kFactor = Chrf::kBeta * Chrf::kBeta;
  double precision = 0, recall = 0;
  int lengths = 0;
  for (const Chrf::Counts& of : counts) {
    if (of.hypothesis == 0 || of.reference == 0) continue;
    precision += static_cast<double>(of.both) / static_cast<double>(of.hypothesis);
    recall += static_cast<double>(of.both) / static_cast<double>(of.reference);
    ++lengths;
  }
  if (precision + recall == 0) return 0;
  precision /= lengths;
  recall /= lengths;
  return 100 * (1 + kFactor) * precision * recall / (kFactor * precision + recall);
}

}  // namespace

Chrf::Chrf(int word_order)
    : word_order_(word_order), counts_(static_cast<std::size_t>(kCharOrder + word_order)) {}

void Chrf::add(std::string_view hypothesis, std::span<const std::string_view> references) {
  Symbols symbols;
  const auto word_order = static_cast<std::size_t>(word_order_);
  const Line said(hypothesis, word_order, symbols);
  std::vector<Counts> best;
  double best_score = -1;
  for (const std::string_view reference : references) {
    const Line wanted(reference, word_order, symbols);
    std::vector<Counts> counts = compare(said, wanted);
    if (const double score = f_score(counts); score > best_score) {
      best_score = score;
      best = std::move(counts);
    }
  }
  for (std::size_t i = 0; i < best.size(); ++i) {
    counts_[i].hypothesis += best[i].hypothesis;
    counts_[i].reference += best[i].reference;
    counts_[i].both += best[i].both;
  }
}

double Chrf::score() const { return f_score(counts_); }

}  // namespace linnet::tools::metrics
