// Tiny random encoder-decoders of Hugging Face transformers against what that library makes of them
// (tests/golden/make_seq2seq_golden.py).
#include "tests/support/seq2seq_golden.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engine/generate/beam.h"
#include "tests/support/converted_model.h"

namespace {

using namespace linnet;
using generate::BeamSearch;
using generate::Lanes;
using Tokens = std::vector<int>;

Lanes lanes_of(const Model& model, int sources, int beams) {
  auto lanes = Lanes::open(model.transformer(), {.sources = sources,
                                                 .beams = beams,
                                                 .positions = 32,
                                                 .source_positions = 32,
                                                 .threads = 1,
                                                 .cache = model::PageType::f32});
  if (!lanes) FAIL(lanes.error().sentence);
  return std::move(*lanes);
}

TEST_CASE("logits of padded batches are transformers' within 1e-4 of the largest") {
  for (const char* name : support::kSeq2seqGoldens) {
    CAPTURE(name);
    support::Scratch scratch;
    const Model model =
        support::converted_model(support::seq2seq_folder(name), core::Dtype::f32, scratch);
    const support::Seq2seqLogits want = support::read_seq2seq_logits(name);
    const int sources = static_cast<int>(want.sources.size());
    Lanes lanes = lanes_of(model, sources, 1);
    lanes.encode(std::vector<std::span<const int>>(want.sources.begin(), want.sources.end()));
    float largest = 0, worst = 0;
    for (int i = 0; i < sources; ++i)
      lanes.feed(i, want.targets[static_cast<std::size_t>(i)],
                 [&](int step, std::span<const float> logits) {
                   const float* row =
                       want.logits.data() +
                       (static_cast<std::size_t>(i) * want.steps + static_cast<std::size_t>(step)) *
                           want.vocab;
                   for (std::size_t k = 0; k < want.vocab; ++k) {
                     largest = std::fmax(largest, std::fabs(row[k]));
                     worst = std::fmax(worst, std::fabs(row[k] - logits[k]));
                   }
                 });
    CHECK(largest > 0.1f);
    CHECK(worst <= 1e-4f * largest);
  }
}

TEST_CASE("beams of 1, 4 and 5 find the tokens and scores that transformers finds") {
  for (const char* name : support::kSeq2seqGoldens) {
    support::Scratch scratch;
    const Model model =
        support::converted_model(support::seq2seq_folder(name), core::Dtype::f32, scratch);
    const model::Sequences& around = model.spec().sequences;
    Lanes lanes = lanes_of(model, 1, 5);
    for (const support::Seq2seqGenerated& want : support::read_seq2seq_generated(name)) {
      const std::string which =
          core::say(name, ", beams ", want.beams, ", length penalty ", want.length_penalty,
                    ", source of ", want.source.size(), ", n-gram ", want.no_repeat_ngram);
      CAPTURE(which);
      auto search =
          BeamSearch::make(lanes, {.beams = want.beams,
                                   .n_best = 1,
                                   .norm = generate::LengthNorm::mean,
                                   .length_penalty = static_cast<float>(want.length_penalty),
                                   .max_tokens = want.max_tokens,
                                   .constraints = {.no_repeat_ngram = want.no_repeat_ngram}});
      REQUIRE(search);
      const BeamSearch::Source from{
          .tokens = want.source, .start = around.start, .given = around.forced_first};
      const auto found = search->run({&from, 1});
      REQUIRE(found);
      const generate::Hypothesis& best = (*found)[0].at(0);
      Tokens wanted = want.tokens;
      const bool ended =
          std::find(around.ends.begin(), around.ends.end(), wanted.back()) != around.ends.end();
      if (ended) wanted.pop_back();
      CHECK(best.tokens == wanted);
      const double score = double{want.beams == 1 ? best.sum : best.score};
      CHECK(std::fabs(score - want.score) < 1e-3);
    }
  }
}

}  // namespace
