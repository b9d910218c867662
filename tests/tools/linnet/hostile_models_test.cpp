#include <doctest/doctest.h>

#include <string>

#include "tests/support/corpus_model.h"
#include "tests/support/corpus_words.h"
#include "tests/support/scratch.h"
#include "tests/tools/linnet/program.h"

namespace {

using namespace linnet::support;

TEST_CASE("a hostile model ends a program with exit code 3 and a sentence that names the file") {
  const Scratch scratch;
  const Image valid = whole_model();
  const std::string path = scratch.write("model.linnet", valid.bytes());
  CHECK(run("linnet", {"info", path}).code == 0);
  // One of each table; all of them meet the same code in tests/engine/hostile_models_test.cpp.
  for (const auto* cases : {&kSizeCases, &kNumberCases, &kShapeCases, &kTokenCases, &kMergeCases})
    for (const HostileFile& file : hostile_files(valid, {(*cases)[1]})) {
      CAPTURE(file.name);
      scratch.write("model.linnet", file.bytes);
      const Ended ended = run("linnet", {"info", path});
      CHECK(ended.code == 3);
      CHECK(ended.out.empty());
      CAPTURE(ended.said);
      CHECK(ended.said.starts_with("linnet: " + path + ": "));
      CHECK(ended.said.find(file.fragment) != std::string::npos);
    }
}

}  // namespace
