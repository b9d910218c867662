#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engine/io/reader.h"
#include "engine/model/spec_settings.h"
#include "kernels/pack.h"
#include "tests/support/assets.h"
#include "tests/tools/convert/ctranslate2_file.h"
#include "tests/tools/convert/golden.h"
#include "tools/convert/packer.h"
#include "tools/convert/row_scales.h"
#include "tools/convert/sinusoid.h"
#include "tools/convert/source_model.h"

using namespace linnet;
using core::Dtype;
using core::Fault;
using support::says;
using support::Scratch;
using Ids = std::vector<std::int32_t>;

// Models of CTranslate2, whole: those of tests/golden/make_ctranslate2_golden.py (version 6), and,
// where the assets are, trained ones of versions 1 and 2.
namespace {

namespace files = std::filesystem;

std::string golden(const std::string& name) {
  return LINNET_SOURCE_DIR "/tests/golden/ctranslate2/" + name;
}

convert::SourceModel opened(const std::string& folder) {
  auto model = convert::open_source(folder, {});
  REQUIRE_MESSAGE(model, support::why(model));
  return std::move(*model);
}

// A copy of a golden folder that a test may spoil.
struct FolderCopy : Scratch {
  explicit FolderCopy(const std::string& name) {
    for (const auto& entry : files::directory_iterator(golden(name)))
      files::copy_file(entry.path(), path(entry.path().filename().string()));
  }
  core::Error refusal() const {
    const auto report = convert::convert({.input = folder_of(*this), .output = path("out.linnet")});
    REQUIRE_FALSE(report);
    return report.error();
  }
};

}  // namespace

TEST_CASE("a model of version 6 with norms before the branches") {
  const convert::SourceModel model = opened(golden("float32"));
  const model::Spec& spec = model.spec;
  CHECK(spec.family == "ctranslate2");
  CHECK(spec.vocab == 19);
  CHECK(spec.source_vocab == 24);
  CHECK(spec.encoder.layers == 1);
  CHECK(spec.decoder.layers == 2);
  CHECK(spec.decoder.heads == 2);
  CHECK(spec.decoder.d_ff == 24);
  CHECK(spec.decoder.place == model::NormPlace::before);
  CHECK(spec.decoder.final_norm);
  CHECK(spec.decoder.cross);
  CHECK(spec.decoder.position == model::Position::sinusoid);
  CHECK(spec.decoder.position_start == 1);
  CHECK(spec.decoder.sinusoid_layout == model::SinusoidLayout::halves);
  CHECK(spec.decoder.sinusoid_frequencies == convert::tensor2tensor_sinusoid(16));
  CHECK(spec.decoder.activation == model::Activation::relu);
  CHECK(spec.embed_scale == 4.0f);
  CHECK(spec.head_bias);
  CHECK_FALSE(spec.tied_head);
  CHECK(spec.sequences.start == Ids{1});
  CHECK(spec.sequences.ends == Ids{2});
  CHECK(spec.sequences.source_end.empty());
  CHECK(model.found.source.tokens.size() == 24);
  CHECK(model.found.target.tokens[4] == "t");
}

TEST_CASE("a model of version 6 with everything shared and norms behind the branches") {
  const model::Spec spec = opened(golden("post-int16")).spec;
  CHECK(spec.source_vocab == 0);
  CHECK(spec.tied_head);
  CHECK(spec.encoder.place == model::NormPlace::after);
  CHECK_FALSE(spec.encoder.final_norm);
  CHECK(spec.encoder.embed_norm);
  CHECK(spec.encoder.position == model::Position::learned);
  CHECK(spec.encoder.positions == 32);
  CHECK(spec.encoder.position_start == 0);
  CHECK(spec.encoder.activation == model::Activation::silu);
  CHECK(spec.embed_scale == 3.0f);
  CHECK(spec.sequences.source_end == Ids{2});
}

TEST_CASE("integers of a row are kept and their scale moves by less than 2^-11") {
  const Scratch folder;
  const auto report = convert::convert({.input = golden("int8"), .output = folder.path("m")});
  REQUIRE_MESSAGE(report, support::why(report));
  CHECK(report->kept() == 29);
  CHECK(report->scale_change() > 0);
  CHECK(report->scale_change() <= 0x1p-11);
  const auto bundle = io::read_model(folder.path("m"), {.verify = true});
  REQUIRE_MESSAGE(bundle, support::why(bundle));
  const convert::SourceModel source = opened(golden("int8"));
  // The second third of the fused projection, row by row.
  const core::NamedWeight* key = bundle->weight("decoder.1.self.key.weight");
  REQUIRE(key != nullptr);
  CHECK(key->weight.dtype == Dtype::i8h);
  const int fused = source.checkpoint->find("decoder/layer_1/self_attention/linear_0/weight");
  REQUIRE(fused >= 0);
  for (int row = 0; row < 16; ++row) {
    std::vector<std::int8_t> integers(16);
    std::vector<float> step(1), got(16);
    REQUIRE(source.checkpoint->read_integers(fused, (16 + row) * 16, integers));
    REQUIRE(source.checkpoint->read_steps(fused, 16 + row, step));
    kernels::unpack_row_i8(got.data(), key->weight.panels, kernels::ScaleFormat::f16, row, 16);
    for (std::size_t i = 0; i < got.size(); ++i)
      CHECK(got[i] ==
            static_cast<float>(integers[i]) * kernels::from_f16(kernels::to_f16(step[0])));
  }
}

TEST_CASE("the same integers become floats when floats are asked for") {
  const Scratch folder;
  const auto report = convert::convert(
      {.input = golden("int8"), .output = folder.path("m"), .tokenizer = {}, .type = Dtype::f32});
  REQUIRE(report);
  CHECK(report->kept() == 0);
  CHECK(convert::relative_error(report->error()) == 0);
}

TEST_CASE("the scales of rows take the nearer of the two codes") {
  CHECK(convert::choose_scales(std::vector<float>{0.001f, 0.5f}).dtype == Dtype::i8h);
  // 2^-15 is no normal half.
  const auto small = convert::choose_scales(std::vector<float>{0x1p-15f, 0.3f});
  CHECK(small.dtype == Dtype::i8);
  CHECK(small.largest_change <= 0x1p-8);
  CHECK(small.largest_change > 0);
  CHECK(convert::choose_scales(std::vector<float>{1.0f, 2.0f}).largest_change == 0);
  CHECK(convert::choose_scales(std::vector<float>{1e-40f}).largest_change == 1);
  CHECK(convert::choose_scales(std::vector<float>{3e38f}).largest_change <= 0x1p-8);
}

TEST_CASE("an integer of -128 is refused by the tensor's name, but not for floats") {
  const FolderCopy copy("int8");
  std::string bytes = support::contents(copy.path("model.bin"));
  const std::string name = "decoder/projection/weight";
  const std::size_t at = bytes.find(name + '\0');
  REQUIRE(at != std::string::npos);
  bytes[at + name.size() + 1 + 1 + 8 + 1 + 4] = '\x80';
  copy.write("model.bin", bytes);
  const core::Error error = copy.refusal();
  CHECK(error.fault == Fault::unsupported);
  CHECK_MESSAGE(says(error, "'decoder/projection/weight' holds the integer -128"), error.sentence);
  CHECK(convert::convert({.input = folder_of(copy),
                          .output = copy.path("out.linnet"),
                          .tokenizer = {},
                          .type = Dtype::f16}));
}

TEST_CASE("vocabularies that are missing or of another size are refused by name") {
  const FolderCopy copy("float32");
  copy.write("source_vocabulary.json", R"(["a", "b"])");
  CHECK(says(copy.refusal(), "source_vocabulary.json has 3 tokens"));
  copy.write("source_vocabulary.json", R"({"a": 1})");
  CHECK(says(copy.refusal(), "source_vocabulary.json is not a list"));
  copy.write("source_vocabulary.json", R"(["a", 7])");
  CHECK(says(copy.refusal(), "token 1 is not a text"));
  files::remove(copy.path("source_vocabulary.json"));
  CHECK(says(copy.refusal(), "has no source_vocabulary.txt"));
}

TEST_CASE("settings of CTranslate2 that would change the result are refused by name") {
  const FolderCopy copy("float32");
  const auto config = nlohmann::json::parse(support::contents(copy.path("config.json")));
  const auto with = [&](const char* field, const nlohmann::json& value) {
    nlohmann::json changed = config;
    changed[field] = value;
    copy.write("config.json", changed.dump());
    const core::Error error = copy.refusal();
    CHECK_MESSAGE(says(error, field), error.sentence);
  };
  with("unheard_of", 1);
  with("decoder_start_token", nullptr);
  with("multi_query_attention", true);
  with("layer_norm_epsilon", "small");
  nlohmann::json other = config;
  other["eos_token"] = "</t>";
  copy.write("config.json", other.dump());
  CHECK(says(copy.refusal(), "target_vocabulary.json has no token '</t>'"));
}

TEST_CASE(
    "a spec that is no encoder-decoder, and an attribute set to what is not done, are refused") {
  const auto refused = [](const support::Ctranslate2File& file) {
    const Scratch scratch;
    scratch.write("model.bin", file.bytes());
    const auto model = convert::open_source(folder_of(scratch), {});
    REQUIRE_FALSE(model);
    return model.error();
  };
  support::Ctranslate2File whisper(6, "WhisperSpec", 3);
  CHECK(says(refused(whisper.put(std::uint32_t{0})), "WhisperSpec"));
  support::Ctranslate2File empty(6);
  CHECK(says(refused(empty.put(std::uint32_t{0})), "is missing or has another shape"));
}

TEST_CASE("the transliteration model is the same in versions 1 and 2 of its file") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto converted = [&](const std::string& name, Dtype type) {
    const Scratch folder;
    const auto report =
        convert::convert({.input = (*assets / "aren-transliteration" / name).string(),
                          .output = folder.path("m"),
                          .tokenizer = {},
                          .type = type});
    REQUIRE_MESSAGE(report, support::why(report));
    return support::contents(folder.path("m"));
  };
  for (const std::string kind : {"aren-transliteration", "aren-transliteration-i16"})
    CHECK(converted("v1/" + kind, Dtype::f32) == converted("v2/" + kind, Dtype::f32));
  const model::Spec spec =
      opened((*assets / "aren-transliteration/v2/aren-transliteration-i8").string()).spec;
  CHECK(spec.vocab == 43);
  CHECK(spec.source_vocab == 51);
  CHECK(spec.encoder.layers == 6);
  CHECK(spec.decoder.heads == 8);
  CHECK(spec.decoder.d_head == 4);
  CHECK(spec.sequences.start == Ids{1});
  CHECK(spec.sequences.source_end.empty());
}

TEST_CASE("the integers of the transliteration model are kept") {
  const auto assets = support::assets();
  if (!assets) return;
  const Scratch folder;
  const auto report = convert::convert(
      {.input = (*assets / "aren-transliteration/v2/aren-transliteration-i8").string(),
       .output = folder.path("m")});
  REQUIRE_MESSAGE(report, support::why(report));
  CHECK(report->kept() == 99);
  CHECK(report->scale_change() <= 0x1p-11);
  CHECK(io::read_model(folder.path("m"), {.verify = true}));
}

TEST_CASE("plain vocabularies become tokenizers, of words or of characters") {
  const auto made = [](const convert::Options& options) {
    const auto report = convert::convert(options);
    REQUIRE_MESSAGE(report, support::why(report));
    CHECK(report->tokenizer);
    const auto bundle = io::read_model(options.output);
    REQUIRE(bundle);
    return *bundle;
  };
  const Scratch folder;
  convert::Options options{.input = golden("float32"), .output = folder.path("m")};
  const auto kind = [](const core::Bundle& bundle, std::string_view name) {
    return std::string(*bundle.get(name, std::string_view("(absent)")));
  };
  CHECK(kind(made(options), "tokenizer.kind") == "words");
  CHECK(kind(made(options), "source_tokenizer.kind") == "words");
  options.split = "characters";
  CHECK(kind(made(options), "source_tokenizer.kind") == "characters");
  options.input = golden("post-int16");
  CHECK(kind(made(options), "tokenizer.kind") == "characters");
  CHECK(kind(made(options), "source_tokenizer.kind") == "(absent)");
}
