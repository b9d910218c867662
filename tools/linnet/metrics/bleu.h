#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace linnet::tools::metrics {

// What BLEU is computed from, and the result.
struct BleuScore {
  static constexpr std::size_t kOrder = 4;

  double score = 0;                                          // 0 to 100
  std::array<double, kOrder> precisions{};                   // in percent, smoothed
  double brevity = 1;                                        // the penalty for being short, 0 to 1
  std::int64_t hypothesis_length = 0, reference_length = 0;  // tokens

  double ratio() const {
    if (reference_length == 0) return 0;
    return static_cast<double>(hypothesis_length) / static_cast<double>(reference_length);
  }
};

// BLEU of a corpus (Papineni et al., 2002) as sacreBLEU computes it: tokens "13a", n-grams of 1 to
// 4 tokens, exponential smoothing (Chen and Cherry, 2014, method 3), of several references the
// length that is closest. Case matters.
class Bleu {
 public:
  // One line and what it is compared with, at least one reference.
  void add(std::string_view hypothesis, std::span<const std::string_view> references);
  BleuScore score() const;

 private:
  std::array<std::int64_t, BleuScore::kOrder> correct_{}, total_{};
  std::int64_t hypothesis_length_ = 0, reference_length_ = 0;
};

}  // namespace linnet::tools::metrics
