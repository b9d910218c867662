#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace linnet::tools::metrics {

// chrF2 of a corpus (Popovic, 2015) as sacreBLEU computes it: n-grams of 1 to 6 characters, blanks
// left out, and of 1 to `word_order` words (0: chrF2; 2: chrF2++; Popovic, 2017), recall counting
// twice as much as precision. Of several references, each line takes the one with the best score.
// Case matters.
class Chrf {
 public:
  static constexpr int kCharOrder = 6, kBeta = 2;

  explicit Chrf(int word_order);

  // One line and what it is compared with, at least one reference.
  void add(std::string_view hypothesis, std::span<const std::string_view> references);
  // 0 to 100.
  double score() const;

  // Of one length of n-grams.
  struct Counts {
    std::int64_t hypothesis = 0, reference = 0, both = 0;
  };

 private:
  int word_order_;
  std::vector<Counts> counts_;  // characters, then words
};

}  // namespace linnet::tools::metrics
