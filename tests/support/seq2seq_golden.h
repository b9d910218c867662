#pragma once

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "tests/support/scratch.h"

// The tiny encoder-decoders of tests/golden/seq2seq and what transformers makes of them
// (tests/golden/make_seq2seq_golden.py).
namespace linnet::support {

inline constexpr std::array kSeq2seqGoldens{"marian", "bart",    "mbart",
                                            "m2m100", "t5-relu", "t5-gated"};

inline std::string seq2seq_folder(std::string_view name) {
  return core::say(LINNET_SOURCE_DIR "/tests/golden/seq2seq/", name);
}

// A forward pass over a padded batch.
struct Seq2seqLogits {
  std::vector<std::vector<std::int32_t>> sources;  // without what pads them
  std::vector<std::vector<std::int32_t>> targets;  // inputs of the decoder
  std::vector<float> logits;                       // [sources, steps, vocab]
  std::size_t steps = 0, vocab = 0;
};

inline Seq2seqLogits read_seq2seq_logits(std::string_view name) {
  const std::string file = contents(seq2seq_folder(name) + "/expected.safetensors");
  REQUIRE(file.size() > 8);
  std::uint64_t written = 0;
  std::memcpy(&written, file.data(), sizeof written);
  const auto head = static_cast<std::size_t>(written);
  const auto header = nlohmann::json::parse(file.substr(8, head));
  const auto values = [&](const char* tensor, auto& to) {
    const std::size_t begin = header[tensor]["data_offsets"][0];
    const std::size_t end = header[tensor]["data_offsets"][1];
    to.resize((end - begin) / 4);
    std::memcpy(to.data(), file.data() + 8 + head + begin, end - begin);
  };
  std::vector<std::int32_t> source, lengths, target;
  Seq2seqLogits expected;
  values("source", source), values("lengths", lengths), values("target", target);
  values("logits", expected.logits);
  const std::size_t width = header["source"]["shape"][1];
  expected.steps = header["logits"]["shape"][1];
  expected.vocab = header["logits"]["shape"][2];
  const auto part = [](const std::vector<std::int32_t>& of, std::size_t first, std::size_t count) {
    const auto begin = of.begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<std::int32_t>(begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    expected.sources.push_back(part(source, i * width, static_cast<std::size_t>(lengths[i])));
    expected.targets.push_back(part(target, i * expected.steps, expected.steps));
  }
  return expected;
}

// What `generate` makes of a source.
struct Seq2seqGenerated {
  std::vector<std::int32_t> source;  // with what stands around it
  int beams = 1, no_repeat_ngram = 0, max_tokens = 0;
  double length_penalty = 1.0;
  std::vector<std::int32_t> tokens;  // without the start, with the end if there is one
  // Sum of the model's log-probabilities, whatever is suppressed, a forced first token counting 0;
  // with beams over (number of tokens)^length_penalty.
  double score = 0;
};

inline std::vector<Seq2seqGenerated> read_seq2seq_generated(std::string_view name) {
  std::vector<Seq2seqGenerated> all;
  for (const auto& entry :
       nlohmann::json::parse(contents(seq2seq_folder(name) + "/generated.json"))) {
    Seq2seqGenerated one;
    entry.at("source").get_to(one.source);
    entry.at("num_beams").get_to(one.beams);
    entry.at("no_repeat_ngram_size").get_to(one.no_repeat_ngram);
    entry.at("max_new_tokens").get_to(one.max_tokens);
    entry.at("length_penalty").get_to(one.length_penalty);
    entry.at("tokens").get_to(one.tokens);
    entry.at("score").get_to(one.score);
    all.push_back(std::move(one));
  }
  REQUIRE_FALSE(all.empty());
  return all;
}

}  // namespace linnet::support
