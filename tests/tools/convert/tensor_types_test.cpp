#include <doctest/doctest.h>

#include "engine/io/reader.h"
#include "tests/tools/convert/golden.h"
#include "tools/convert/convert.h"

using namespace linnet;
using core::Dtype;
using support::ModelCopy;

TEST_CASE("each matrix gets the type of the last pattern that it fits") {
  const ModelCopy copy("llama-grouped");
  convert::Options options = copy.save(Dtype::i4);
  options.tensor_types = {"head.*=f16", "embed.tokens.weight=int8", "decoder.1.*=f32",
                          "decoder.*.ffn.down.weight=int8"};
  REQUIRE(convert::convert(options));
  const auto bundle = io::read_model(copy.path("out.linnet"), {.verify = true});
  REQUIRE(bundle);
  const auto type = [&](const char* name) { return bundle->weight(name)->weight.dtype; };
  CHECK(type("embed.tokens.weight") == Dtype::i8);
  CHECK(type("head.weight") == Dtype::f16);
  CHECK(type("decoder.0.self.query.weight") == Dtype::i4);
  CHECK(type("decoder.1.self.query.weight") == Dtype::f32);
  CHECK(type("decoder.1.ffn.down.weight") == Dtype::i8);
  const auto refused = [&](const char* exception) {
    options.tensor_types = {exception};
    const auto report = convert::convert(options);
    REQUIRE_FALSE(report);
    CHECK(report.error().fault == core::Fault::bad_argument);
    CHECK(report.error().sentence.starts_with("--tensor-type: "));
  };
  for (const char* exception :
       {"", "=int8", "head.weight", "head.weight=", "head.weight=int3", "head.weight=int8h",
        "lm_head.weight=int8", "*.gain=f16", "head.weight=f16=int8"})
    refused(exception);
}
