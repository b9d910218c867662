// Models that contradict themselves, in files whose checksums are right, opened as the programs do.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/engine.h"
#include "tests/support/allocations.h"
#include "tests/support/corpus_model.h"
#include "tests/support/corpus_words.h"
#include "tests/support/cpu_time.h"
#include "tests/support/scratch.h"
#include "tools/common/exit_code.h"

namespace {

using namespace linnet;
using support::HostileFile;

void check_refused(const HostileFile& file, const std::string& path, const OpenOptions& options) {
  CAPTURE(file.name);
  CAPTURE(options.map);
  const std::size_t allocated_before = support::allocated_bytes;
  const double before = support::cpu_seconds();
  const auto model = Model::open(path, options);
  CHECK(support::cpu_seconds() - before < support::kOpeningSeconds);
  CHECK(support::allocated_bytes - allocated_before < (4 << 20) + 4 * file.bytes.size());
  REQUIRE_FALSE(model);
  CHECK(model.error().fault == file.fault);
  CHECK(tools::exit_code(model.error().fault) == tools::kExitFile);
  CAPTURE(model.error().sentence);
  CHECK(model.error().sentence.starts_with(path + ": "));
  CHECK(model.error().sentence.find(file.fragment) != std::string::npos);
}

void check_refused(const std::vector<support::Case>& cases) {
  const support::Scratch scratch;
  for (const HostileFile& file : support::hostile_files(support::whole_model(), cases)) {
    const std::string path = scratch.write("model.linnet", file.bytes);
    for (const bool map : {true, false}) check_refused(file, path, {.map = map});
  }
}

TEST_CASE("the models to which lies are told are sound and answer") {
  const support::Scratch scratch;
  support::Image byte_bpe = support::whole_model();
  support::speak_byte_bpe(byte_bpe);
  for (const support::Image& image : {support::whole_model(), byte_bpe}) {
    const auto model = Model::open(scratch.write("model.linnet", image.bytes()), {.verify = true});
    REQUIRE_MESSAGE(model, model.error().sentence);
    CHECK(model->tokenizer()->encode("abc").size() == 4);
    auto session = generate::Session::open(model->transformer(), {});
    REQUIRE(session);
    CHECK(session->feed(model->tokenizer()->encode("abc")));
  }
}

TEST_CASE("a model of impossible sizes is refused with the right sentence") {
  check_refused(support::kSizeCases);
}

TEST_CASE("a model of impossible numbers or settings of another type is refused") {
  check_refused(support::kNumberCases);
}

TEST_CASE("a model whose tensors are not those that its settings ask for is refused") {
  check_refused(support::kShapeCases);
}

TEST_CASE("a model with an impossible vocabulary is refused with the right sentence") {
  check_refused(support::kTokenCases);
}

TEST_CASE("a model with impossible scores, merges or classes of characters is refused") {
  check_refused(support::kMergeCases);
}

}  // namespace
