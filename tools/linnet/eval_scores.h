#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "tools/linnet/metrics/bleu.h"
#include "tools/linnet/metrics/chrf.h"
#include "tools/linnet/metrics/errors.h"

namespace linnet::tools {

// How many references the lines have had.
struct ReferenceCount {
  std::size_t fewest = 0, most = 0;

  void add(std::size_t count) {
    fewest = most == 0 ? count : std::min(fewest, count);
    most = std::max(most, count);
  }
};

// What was measured, and how.
struct Scores {
  std::optional<metrics::Bleu> bleu;
  std::optional<metrics::Chrf> chrf;
  metrics::Errors errors;
  bool tell_tokens = false, tell_lines = false;  // which of the errors were asked for
  ReferenceCount references;
  int word_order = 0;  // of chrF
  bool lowercase = false;
};

// A line for each metric; BLEU and chrF with signatures in sacreBLEU's order, whose version is
// ours.
std::string report_of(const Scores& scores);

// The same as one event for each metric.
std::string events_of(const Scores& scores);

}  // namespace linnet::tools
