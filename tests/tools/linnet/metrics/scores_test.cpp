#include <doctest/doctest.h>

#include "tests/tools/linnet/metrics/golden.h"
#include "tools/linnet/metrics/bleu.h"
#include "tools/linnet/metrics/chrf.h"

namespace linnet::tools::metrics {
namespace {

using nlohmann::json;
using support::golden_metrics;

// Both sides do the same with double precision, up to the order of a few additions.
doctest::Approx close(double value) { return doctest::Approx(value).epsilon(1e-12); }

// As many lists of references as lines.
struct Corpus {
  explicit Corpus(const json& corpus)
      : hypotheses(corpus["hypotheses"]), references(corpus["references"]) {
    REQUIRE(hypotheses.size() == references.size());
  }
  template <class Metric>
  Metric& into(Metric& metric) const {
    for (std::size_t line = 0; line < hypotheses.size(); ++line) {
      const std::vector<std::string_view> views(references[line].begin(), references[line].end());
      metric.add(hypotheses[line], views);
    }
    return metric;
  }

  std::vector<std::string> hypotheses;
  std::vector<std::vector<std::string>> references;
};

TEST_CASE("BLEU of small and degenerate corpora is sacreBLEU's, with all its parts") {
  for (const json& one : golden_metrics()["corpora"]) {
    CAPTURE(one.dump());
    Bleu metric;
    const BleuScore ours = Corpus(one).into(metric).score();
    const json& theirs = one["scores"]["bleu"];
    CHECK(ours.score == close(theirs["score"]));
    CHECK(ours.brevity == close(theirs["brevity"]));
    CHECK(ours.hypothesis_length == theirs["lengths"][0]);
    CHECK(ours.reference_length == theirs["lengths"][1]);
    for (std::size_t n = 0; n < BleuScore::kOrder; ++n)
      CHECK(ours.precisions[n] == close(theirs["precisions"][n]));
  }
}

TEST_CASE("chrF, chrF+ and chrF++ of small and degenerate corpora are sacreBLEU's") {
  for (const json& one : golden_metrics()["corpora"])
    for (const int order : {0, 1, 2}) {
      CAPTURE(one.dump());
      CAPTURE(order);
      Chrf metric(order);
      const json& theirs = one["scores"]["chrf" + std::to_string(order)];
      CHECK(Corpus(one).into(metric).score() == close(theirs["score"]));
    }
}

TEST_CASE("Nothing compared scores nothing") {
  CHECK(Bleu().score().score == 0);
  CHECK(Chrf(2).score() == 0);
}

}  // namespace
}  // namespace linnet::tools::metrics
