#include <doctest/doctest.h>

#include <cmath>

#include "engine/engine.h"
#include "engine/io/reader.h"
#include "tests/tools/convert/tiny_gguf.h"
#include "tools/convert/source_model.h"

using namespace linnet;
using core::Dtype;
using core::Fault;
using support::check_refused;
using support::GgufFile;
using support::GgufScratch;
using support::says;
using support::tiny_gguf;

namespace {

convert::SourceModel opened(const GgufFile& file) {
  const GgufScratch scratch;
  auto model = convert::open_source(scratch.write("m.gguf", file.bytes()), {});
  REQUIRE_MESSAGE(model, support::why(model));
  return std::move(*model);
}

Dtype type_of(const core::Bundle& bundle, const char* tensor) {
  const core::NamedWeight* found = bundle.weight(tensor);
  REQUIRE(found != nullptr);
  return found->weight.dtype;
}

std::vector<std::string> warnings_of(const convert::Options& options) {
  std::vector<std::string> warnings;
  const auto report = convert::convert(
      options, {.warn = [&](const std::string& sentence) { warnings.push_back(sentence); }});
  REQUIRE_MESSAGE(report, support::why(report));
  return warnings;
}

}  // namespace

TEST_CASE("settings of a Llama come from the fields of the GGUF file") {
  GgufFile file = tiny_gguf();
  file.real("llama.rope.freq_base", 500.0f).number("llama.rope.dimension_count", 4);
  const model::Spec spec = opened(file).spec;
  CHECK(spec.family == "llama");
  CHECK(spec.vocab == 5);
  CHECK(spec.tied_head);
  const model::Stack& s = spec.decoder;
  CHECK(s.layers == 1);
  CHECK(s.d_model == 32);
  CHECK(s.d_ff == 64);
  CHECK(s.heads == 4);
  CHECK(s.kv_heads == 2);
  CHECK(s.d_head == 8);
  CHECK(s.positions == 16);
  CHECK(s.norm == model::NormKind::rms);
  CHECK(s.norm_eps == 1e-5f);
  CHECK(s.gated);
  CHECK(s.activation == model::Activation::silu);
  CHECK_FALSE(s.qkv_bias);
  CHECK(s.rotary.interleaved);
  REQUIRE(s.rotary.frequencies.size() == 2);
  CHECK(s.rotary.frequencies[1] == doctest::Approx(std::pow(500.0, -0.5)));
}

TEST_CASE("rotary frequencies are divided by the factor of linear scaling and by rope_freqs") {
  GgufFile file = tiny_gguf();
  file.text("llama.rope.scaling.type", "linear").real("llama.rope.scaling.factor", 4.0f);
  file.tensor("rope_freqs.weight", {4}, 0, support::raw_bytes(std::vector<float>{1, 2, 4, 8}));
  const std::vector<float> got = opened(file).spec.decoder.rotary.frequencies;
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(got[i] == doctest::Approx(std::pow(10'000.0, -0.25 * static_cast<double>(i)) / 4 /
                                    std::pow(2.0, static_cast<double>(i))));
  GgufFile older = tiny_gguf();
  older.real("llama.rope.scale_linear", 2.0f);
  CHECK(opened(older).spec.decoder.rotary.frequencies[0] == 0.5f);
  GgufFile none = tiny_gguf();
  none.text("llama.rope.scaling.type", "none").real("llama.rope.scaling.factor", 2.0f);
  CHECK(opened(none).spec.decoder.rotary.frequencies[0] == 1.0f);
}

TEST_CASE("a head that is equal to the embedding is tied to it, another is a head of its own") {
  GgufFile equal = tiny_gguf();
  equal.tensor("output.weight", {32, 5}, 0, support::gguf_floats(160, 1));
  CHECK(opened(equal).spec.tied_head);
  GgufFile own = tiny_gguf();
  own.tensor("output.weight", {32, 5}, 0, support::gguf_floats(160, 9));
  CHECK_FALSE(opened(own).spec.tied_head);
}

TEST_CASE("blocks of Q8_0 and Q4_0 are kept where their width is wanted or none is said") {
  GgufFile file = tiny_gguf();
  auto& eight = support::tensor_of(file, "blk.0.attn_q.weight");
  eight.type = 8;
  eight.data = support::gguf_q8_0(32);
  auto& four = support::tensor_of(file, "blk.0.attn_output.weight");
  four.type = 2;
  four.data.clear();
  for (int g = 0; g < 32; ++g)
    four.data += support::raw_bytes(kernels::to_f16(-0.125f)) + std::string(16, '\x1e');
  const GgufScratch scratch;
  const auto types = [&](std::optional<Dtype> asked) {
    const convert::Options options = scratch.save(file, asked);
    const std::vector<std::string> warnings = warnings_of(options);
    const auto bundle = io::read_model(options.output, {.verify = true});
    REQUIRE_MESSAGE(bundle, support::why(bundle));
    CHECK(Model::open(options.output));
    return std::tuple(type_of(*bundle, "decoder.0.self.query.weight"),
                      type_of(*bundle, "decoder.0.self.out.weight"),
                      type_of(*bundle, "decoder.0.self.key.weight"), warnings.back());
  };
  const std::string none = "no tokenizer was found: the model will take and give token ids only";
  CHECK(types({}) == std::tuple(Dtype::i8h, Dtype::i4h, Dtype::i8, none));
  CHECK(std::get<1>(types(Dtype::i8)) == Dtype::i8);
  CHECK(std::get<0>(types(Dtype::i8)) == Dtype::i8h);
  CHECK(std::get<0>(types(Dtype::i4)) == Dtype::i4);
  CHECK(std::get<1>(types(Dtype::i4)) == Dtype::i4h);
  CHECK(types(Dtype::f16) == std::tuple(Dtype::f16, Dtype::f16, Dtype::f16, none));
  CHECK(warnings_of(scratch.save(file, Dtype::i4))[0] ==
        "1 tensor of type Q8_0 is turned into numbers and quantized anew");
}

TEST_CASE("scales that are no numbers and integers of -128 are refused, negative scales are not") {
  const auto with = [](std::uint16_t scale, char first) {
    GgufFile file = tiny_gguf();
    auto& tensor = support::tensor_of(file, "blk.0.attn_q.weight");
    tensor.type = 8;
    tensor.data = support::gguf_q8_0(32).replace(34, 3, support::raw_bytes(scale) + first);
    return file;
  };
  constexpr std::uint16_t kBad[]{0x7c00, 0xfc00, 0x7e00, 0x7c01, 0xffff};
  for (const std::uint16_t scale : kBad) {
    check_refused(with(scale, 1), Fault::corrupt, "'blk.0.attn_q.weight' has a scale that is NaN");
    check_refused(with(scale, 1), Fault::corrupt, "holds NaN or infinity", Dtype::f32);
  }
  check_refused(with(0x3c00, '\x80'), Fault::unsupported, "holds the integer -128");
  const GgufScratch scratch;
  CHECK(convert::convert(scratch.save(with(0x3c00, '\x80'), Dtype::f32)));
  // Negative, negative zero and subnormal ones stay what they are as numbers.
  constexpr std::uint16_t kGood[]{0xb800, 0x8000, 0x0001, 0x8001};
  for (const std::uint16_t scale : kGood) {
    const auto report = convert::convert(scratch.save(with(scale, 100)));
    REQUIRE_MESSAGE(report, support::why(report));
    const auto bundle = io::read_model(scratch.path("out.linnet"), {.verify = true});
    REQUIRE_MESSAGE(bundle, support::why(bundle));
    std::vector<float> row(32);
    kernels::unpack_row_i8(row.data(), bundle->weight("decoder.0.self.query.weight")->weight.panels,
                           kernels::ScaleFormat::f16, 1, 32);
    CHECK(row[0] == 100 * kernels::from_f16(scale));
  }
}

TEST_CASE("other quantized types are quantized anew, and a sentence says so") {
  GgufFile file = tiny_gguf();
  auto& tensor = support::tensor_of(file, "blk.0.attn_q.weight");
  tensor.type = 6;  // Q5_0
  tensor.data = std::string(32 * 22, '\0');
  for (std::size_t g = 0; g < 32; ++g)
    tensor.data.replace(g * 22, 2, support::raw_bytes(kernels::to_f16(0.5f)));
  const GgufScratch scratch;
  const std::vector<std::string> warnings = warnings_of(scratch.save(file));
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0] == "1 tensor of type Q5_0 is turned into numbers and quantized anew");
  const auto bundle = io::read_model(scratch.path("out.linnet"), {.verify = true});
  REQUIRE(bundle);
  std::vector<float> row(32);
  kernels::unpack_row_i8(row.data(), bundle->weight("decoder.0.self.query.weight")->weight.panels,
                         kernels::ScaleFormat::bf16, 3, 32);
  CHECK(row[5] == doctest::Approx(-8.0).epsilon(0.01));
  CHECK(warnings_of(scratch.save(file, Dtype::f32)).size() == 1);
}

TEST_CASE("a folder with a GGUF file asks for the file itself") {
  const GgufScratch scratch;
  scratch.write("config.json", R"({"model_type": "llama"})");
  scratch.write("m.gguf", "GGUF");
  const auto model = convert::open_source(support::folder_of(scratch), {});
  REQUIRE_FALSE(model);
  CHECK(says(model.error(), "give that itself"));
}
