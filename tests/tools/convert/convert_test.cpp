#include "tools/convert/convert.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cmath>

#include "engine/core/bundle_builder.h"
#include "engine/io/reader.h"
#include "engine/model/spec_settings.h"
#include "tests/support/assets.h"
#include "tests/tools/convert/golden.h"
#include "tools/convert/packer.h"
#include "tools/convert/plan.h"

using namespace linnet;
using core::Dtype;
using core::Fault;
using support::golden_folder;
using support::kGoldenModels;
using support::ModelCopy;
using support::Scratch;

namespace {

core::Bundle read_back(const std::string& path) {
  auto bundle = io::read_model(path, {.verify = true});
  REQUIRE_MESSAGE(bundle, support::why(bundle));
  return *bundle;
}

std::string text_setting(const core::Bundle& bundle, std::string_view name) {
  const auto value = bundle.get(name, std::string_view("(absent)"));
  REQUIRE(value);
  return std::string(*value);
}

// Row `row` of a weight as floats, by the engine's own unpacking.
std::vector<float> unpacked_row(const core::NamedWeight& named, int row) {
  const core::Weight& w = named.weight;
  std::vector<float> values(static_cast<std::size_t>(w.in));
  if (named.vector)
    std::memcpy(values.data(), w.panels, values.size() * sizeof(float));
  else if (w.dtype == Dtype::f32)
    kernels::unpack_row_f32(values.data(), w.panels, row, w.in);
  else if (w.dtype == Dtype::f16)
    kernels::unpack_row_f16(values.data(), w.panels, row, w.in);
  else if (w.dtype == Dtype::i4)
    kernels::unpack_row_i4(values.data(), w.panels, kernels::ScaleFormat::bf16, row, w.in);
  else
    kernels::unpack_row_i8(values.data(), w.panels, kernels::ScaleFormat::bf16, row, w.in);
  return values;
}

// The most that storing `given[i]` as that type may move it.
double allowed_error(Dtype type, std::span<const float> given, std::size_t i) {
  if (type == Dtype::f32) return 0;
  // Half a unit in the last of 11 places; below 2^-14 the unit stays 2^-24.
  if (type == Dtype::f16)
    return std::max(std::ldexp(std::fabs(double{given[i]}), -11), std::ldexp(1.0, -25));
  // Half a step, where the step is largest / 127 rounded up to the 8 places of bfloat16.
  double largest = 0;
  const std::size_t group = i / kernels::kGroup * kernels::kGroup;
  for (std::size_t j = group; j < std::min(given.size(), group + kernels::kGroup); ++j)
    largest = std::max(largest, std::fabs(double{given[j]}));
  // A value may lie a step beyond the last of 16, if that serves the others.
  if (type == Dtype::i4) return largest / 4;
  return largest / 127 * (1 + std::ldexp(1.0, -7)) / 2 * (1 + 1e-6);
}

void check_numbers(const std::string& input, const std::string& output, Dtype type) {
  const auto source = convert::open_source(input, {});
  REQUIRE(source);
  const auto tensors = convert::plan(*source, {type});
  REQUIRE(tensors);
  const core::Bundle bundle = read_back(output);
  CHECK(bundle.weights.size() == tensors->size());
  for (const convert::PlannedTensor& tensor : *tensors) {
    CAPTURE(tensor.shape.name);
    const core::NamedWeight* named = bundle.weight(tensor.shape.name);
    REQUIRE(named != nullptr);
    CHECK(named->vector == tensor.shape.vector);
    CHECK(named->weight.dtype == (tensor.shape.quantizable ? type : Dtype::f32));
    std::vector<float> given(static_cast<std::size_t>(tensor.shape.in));
    double worst = 0;
    for (int row = 0; row < tensor.shape.out; ++row) {
      REQUIRE(convert::read_rows(*source->checkpoint, tensor, row, 1, given));
      const std::vector<float> got = unpacked_row(*named, row);
      for (std::size_t i = 0; i < given.size(); ++i)
        worst = std::max(worst, std::fabs(double{got[i]} - double{given[i]}) -
                                    allowed_error(named->weight.dtype, given, i));
    }
    CHECK(worst <= 0);
  }
}

}  // namespace

TEST_CASE("every number of every model comes back from the file as its type can hold it") {
  for (const char* name : kGoldenModels)
    for (const Dtype type : {Dtype::f32, Dtype::f16, Dtype::i8, Dtype::i4}) {
      CAPTURE(std::string(name));
      CAPTURE(std::string(core::name_of(type)));
      const Scratch folder;
      const std::string output = folder.path("model.linnet");
      const auto report =
          convert::convert({.input = golden_folder(name), .output = output, .type = type});
      REQUIRE_MESSAGE(report, support::why(report));
      check_numbers(golden_folder(name), output, type);
      if (type == Dtype::f32) CHECK(report->error().largest == 0);
    }
}

TEST_CASE("a fused and transposed matrix is taken apart into the right rows") {
  const ModelCopy copy("gpt2-plain");
  REQUIRE(copy.convert());
  const core::Bundle bundle = read_back(copy.path("out.linnet"));
  constexpr std::size_t kWidth = 24;
  const auto raw = [&](const char* name) {
    std::vector<float> values;
    for (const support::RawTensor& tensor : copy.tensors)
      if (tensor.name == name) {
        values.resize(tensor.bytes.size() / 4);
        std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
      }
    return values;
  };
  const auto weight = raw("transformer.h.1.attn.c_attn.weight");  // [24, 72]
  const auto bias = raw("transformer.h.1.attn.c_attn.bias");      // [72]
  REQUIRE(weight.size() == kWidth * 3 * kWidth);
  const char* parts[] = {"query", "key", "value"};
  for (std::size_t part = 0; part < 3; ++part) {
    const std::string name = core::say("decoder.1.self.", parts[part]);
    const auto biases = unpacked_row(*bundle.weight(name + ".bias"), 0);
    for (std::size_t row = 0; row < kWidth; ++row) {
      CHECK(biases[row] == bias[part * kWidth + row]);
      const auto values = unpacked_row(*bundle.weight(name + ".weight"), static_cast<int>(row));
      for (std::size_t i = 0; i < kWidth; ++i)
        CHECK(values[i] == weight[i * 3 * kWidth + part * kWidth + row]);
    }
  }
}

TEST_CASE("the report's errors are those between the checkpoint and the file") {
  const ModelCopy copy("llama-grouped");
  const auto report = copy.convert(Dtype::i8);
  REQUIRE(report);
  const auto source = convert::open_source(folder_of(copy), {});
  REQUIRE(source);
  const auto tensors = convert::plan(*source, {Dtype::i8});
  REQUIRE(tensors);
  const core::Bundle bundle = read_back(copy.path("out.linnet"));
  REQUIRE(report->tensors.size() == tensors->size());
  for (std::size_t t = 0; t < tensors->size(); ++t) {
    const convert::PlannedTensor& tensor = (*tensors)[t];
    const convert::PackedTensor& packed = report->tensors[t];
    CHECK(packed.name == tensor.shape.name);
    double squared = 0, total = 0, largest = 0;
    std::vector<float> given(static_cast<std::size_t>(tensor.shape.in));
    for (int row = 0; row < tensor.shape.out; ++row) {
      REQUIRE(convert::read_rows(*source->checkpoint, tensor, row, 1, given));
      const std::vector<float> got = unpacked_row(*bundle.weight(packed.name), row);
      for (std::size_t i = 0; i < given.size(); ++i) {
        const double difference = double{got[i]} - double{given[i]};
        squared += difference * difference;
        total += double{given[i]} * double{given[i]};
        largest = std::max(largest, std::fabs(difference));
      }
    }
    CHECK(packed.error.largest == doctest::Approx(largest));
    if (tensor.shape.quantizable) {
      CHECK(packed.error.squared == doctest::Approx(squared));
      CHECK(packed.error.squared_total == doctest::Approx(total));
      CHECK(convert::relative_error(packed.error) > 0.001);
      CHECK(convert::relative_error(packed.error) < 0.02);
    }
  }
}

TEST_CASE("the same input gives the same bytes, whatever the number of threads") {
  const ModelCopy copy("llama-grouped");
  convert::Options options = copy.save(Dtype::i8);
  std::string first;
  for (const int threads : {1, 1, 3}) {
    options.threads = threads;
    REQUIRE(convert::convert(options));
    const std::string bytes = support::contents(options.output);
    if (first.empty()) first = bytes;
    CHECK(bytes == first);
  }
}

TEST_CASE("large matrices are packed in slabs that meet without a seam") {
  // 300 000 rows of 8 need three slabs.
  constexpr int kVocab = 300'000, kWidth = 8;
  static_assert(std::int64_t{kVocab} * kWidth > 2 * convert::kSlabValues);
  ModelCopy copy("gpt2-plain");
  copy.config["n_embd"] = kWidth;
  copy.config["n_head"] = 2;
  copy.config["vocab_size"] = kVocab;
  const auto fill = [&](std::string_view name, std::vector<std::int64_t> shape) {
    std::size_t count = 1;
    for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
    const std::vector<float> values = support::exact_values(count, static_cast<unsigned>(count));
    support::RawTensor& raw = copy.tensor(name);
    raw.shape = std::move(shape);
    raw.bytes.assign(reinterpret_cast<const char*>(values.data()), count * 4);
  };
  for (const support::RawTensor& raw : std::vector(copy.tensors)) {
    std::vector<std::int64_t> shape = raw.shape;
    for (std::int64_t& size : shape)
      size = size == 96 && raw.name.find("wte") != std::string::npos ? kVocab
             : size % 24 == 0                                        ? size / 24 * kWidth
                                                                     : size;
    fill(raw.name, shape);
  }
  std::int64_t told = 0;
  const convert::Options options = copy.save(Dtype::f16);
  const auto report =
      convert::convert(options, {.progress = [&](std::int64_t done, std::int64_t all) {
                         CHECK(done > told);
                         CHECK(done <= all);
                         told = done;
                       }});
  REQUIRE_MESSAGE(report, support::why(report));
  CHECK(told == report->bytes());
  check_numbers(folder_of(copy), options.output, Dtype::f16);
}

TEST_CASE("the file says what the model is, and where it comes from") {
  const ModelCopy copy("llama-llama3");
  convert::Options options = copy.save(Dtype::f16);
  options.made_by = "linnet-convert 1.2.3";
  options.licence = "Apache-2.0";
  std::vector<std::string> warnings;
  const auto report =
      convert::convert(options, {.warn = [&](const std::string& s) { warnings.push_back(s); }});
  REQUIRE(report);
  CHECK_FALSE(report->tokenizer);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("no tokenizer") != std::string::npos);
  const core::Bundle bundle = read_back(options.output);
  CHECK(text_setting(bundle, "made.by") == "linnet-convert 1.2.3");
  CHECK(text_setting(bundle, "made.from") == std::filesystem::path(folder_of(copy)).filename());
  CHECK(text_setting(bundle, "made.type") == "f16");
  CHECK(text_setting(bundle, "made.licence") == "Apache-2.0");
  const auto spec = model::read_spec(bundle);
  REQUIRE(spec);
  CHECK(spec->family == "llama");
  CHECK(spec->vocab == 96);
  CHECK_FALSE(spec->tied_head);
  CHECK(spec->decoder.kv_heads == 1);
  CHECK(spec->decoder.d_head == 16);
  CHECK(spec->decoder.positions == 512);
  CHECK(spec->decoder.norm == model::NormKind::rms);
  CHECK(spec->decoder.norm_eps == 1e-5f);
  CHECK(spec->decoder.gated);
  CHECK_FALSE(spec->decoder.qkv_bias);
  REQUIRE(spec->decoder.rotary.frequencies.size() == 8);
  CHECK(spec->decoder.rotary.frequencies[0] == 1.0f);
}

TEST_CASE("stories260K and its tokenizer become a model") {
  const auto assets = support::assets();
  if (!assets) return;
  const Scratch folder;
  const std::string input = (*assets / "stories260K/stories260K.bin").string();
  convert::Options options{.input = input,
                           .output = folder.path("s.linnet"),
                           .tokenizer = (*assets / "stories260K/tok512.bin").string(),
                           .type = Dtype::f32};
  const auto report = convert::convert(options);
  REQUIRE_MESSAGE(report, support::why(report));
  CHECK(report->tokenizer);
  CHECK(report->family == "llama2.c");
  const core::Bundle bundle = read_back(options.output);
  const auto spec = model::read_spec(bundle);
  REQUIRE(spec);
  CHECK(spec->tied_head);
  CHECK(spec->decoder.rotary.interleaved);
  CHECK(spec->decoder.layers == 5);
  CHECK(spec->decoder.d_ff == 172);
  CHECK(text_setting(bundle, "made.from") == "stories260K.bin");
  check_numbers(input, options.output, Dtype::f32);
  options.tokenizer.clear();
  const auto without = convert::convert(options);
  REQUIRE(without);
  CHECK_FALSE(without->tokenizer);
}

TEST_CASE("asked to stop, the conversion leaves nothing behind") {
  const ModelCopy copy("llama-grouped");
  const convert::Options options = copy.save();
  std::atomic<bool> stop = false;
  const auto report = convert::convert(
      options, {.packed = [&](const convert::PackedTensor&) { stop = true; }, .stop = &stop});
  REQUIRE_FALSE(report);
  CHECK(copy.entries() == 2);
}
