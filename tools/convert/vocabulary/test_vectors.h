#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "engine/core/result.h"

namespace linnet::convert {

// Texts and their ids, as the settings of engine/text/test_vectors.h have them.
struct TestVectors {
  std::vector<std::string> texts;
  std::vector<std::int32_t> ids, ends;
};

// Of the one tokenizer (or of the target's), and of the source's own.
struct BothTestVectors {
  TestVectors target, source;
};

// Files of test vectors, by name:
//   *.inp   texts, "\n__ggml_vocab_test__\n" behind each, and beside it the same name with .out,
//           a line of ids for each: what llama.cpp tests with
//   others  JSON Lines: {"text": "...", "ids": [1, 2], "source": false}; "source" may be left out
// Errors name the file and line: io, corrupt, limit.
core::Result<BothTestVectors> read_test_vectors(const std::string& path);
// The FILE.out of a FILE.inp.
std::string answers_beside(const std::string& path);

void add_settings(const TestVectors& vectors, core::BundleBuilder& builder,
                  std::string_view prefix);

}  // namespace linnet::convert
