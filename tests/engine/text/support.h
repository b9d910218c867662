#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "engine/text/tokenizer.h"
#include "tools/convert/vocabulary/vocabulary.h"

namespace linnet::support {

// The tokenizer of what a reader found; the test fails with its sentence if it found nothing.
inline text::Tokenizer tokenizer_of(const core::Result<convert::Vocabulary>& vocabulary) {
  if (!vocabulary) FAIL(vocabulary.error().sentence);
  core::BundleBuilder builder;
  convert::add_settings(*vocabulary, builder);
  auto tokenizer = text::Tokenizer::from(builder.build());
  if (!tokenizer) FAIL(tokenizer.error().sentence);
  return *tokenizer;
}

inline std::string whole_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// Neither begin nor end.
inline constexpr text::EncodeOptions kBare{.add_begin = false, .add_end = false};

// A published string and its ids.
struct Case {
  std::string text;
  std::vector<int> ids;
};

// The pair of files of llama.cpp: strings between '\n__ggml_vocab_test__\n', a line of ids for
// each.
inline std::vector<Case> published_cases(const std::filesystem::path& input) {
  constexpr std::string_view kBetween = "\n__ggml_vocab_test__\n";
  const std::string texts = whole_file(input);
  std::filesystem::path output = input;
  std::istringstream lines(whole_file(output.replace_extension(".out")));
  std::vector<Case> cases;
  for (std::size_t at = 0; at < texts.size();) {
    const std::size_t end = texts.find(kBetween, at);
    REQUIRE(end != texts.npos);  // it stands behind the last one too
    Case next{texts.substr(at, end - at), {}};
    std::string line;
    std::getline(lines, line);
    std::istringstream numbers(line);
    for (int id = 0; numbers >> id;) next.ids.push_back(id);
    cases.push_back(next);
    at = end + kBetween.size();
  }
  return cases;
}

}  // namespace linnet::support
