#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cstring>
#include <map>

#include "engine/encode/encoder.h"
#include "engine/generate/session.h"
#include "tests/support/converted_model.h"
#include "tests/tools/convert/golden.h"

using namespace linnet;
using support::converted_model;
using support::relative_distance;
using support::Scratch;

// Tiny models of the architectures of GGUF files, written by llama.cpp's own converter, and what
// transformers and llama.cpp make of them (tests/golden/make_gguf_families.py).
namespace {

struct Golden {
  const char* name;
  // How far llama.cpp may be away. 0: its outputs are not kept.
  double theirs = 2e-6;
};
// It takes a GELU from a table of half precision.
constexpr double kTable = 1e-3;
constexpr Golden kGolden[]{{"llama-yarn"},
                           {"qwen2"},
                           {"qwen2-fused"},
                           {"qwen2-yarn", 0},
                           {"qwen3"},
                           {"gemma", kTable},
                           {"gemma2", kTable},
                           {"gemma3", 2 * kTable},
                           {"phi2", kTable},
                           {"phi3"},
                           {"phi3-longrope"},
                           {"gptneox", kTable},
                           {"gptneox-sequential", kTable},
                           {"falcon-grouped", kTable},
                           {"falcon-one-key", kTable},
                           {"stablelm"},
                           {"stablelm-parallel"},
                           {"bloom", kTable},
                           {"mpt", kTable},
                           {"starcoder", kTable},
                           {"starcoder2", kTable},
                           {"bert-mean", kTable},
                           {"bert-first", kTable},
                           {"nomic-bert"},
                           {"command-r"}};

std::string golden_file(const std::string& name) {
  return core::say(LINNET_SOURCE_DIR "/tests/golden/gguf_families/", name);
}

using Floats = std::vector<float>;

struct Expected {
  std::vector<int> tokens;
  std::map<std::string, Floats> outputs;  // "transformers", "llama.cpp"
};

Expected read_expected(const std::string& name) {
  Expected expected;
  for (const auto& raw : support::load_raw(golden_file(name + ".safetensors"))) {
    void* to = nullptr;
    if (raw.name == "tokens") {
      expected.tokens.resize(raw.bytes.size() / 4);
      to = expected.tokens.data();
    } else {
      Floats& values = expected.outputs[raw.name];
      values.resize(raw.bytes.size() / 4);
      to = values.data();
    }
    std::memcpy(to, raw.bytes.data(), raw.bytes.size());
  }
  REQUIRE(expected.tokens.size() == 40);
  return expected;
}

Floats pooled(const Model& model, const std::vector<int>& tokens) {
  auto encoder = encode::Encoder::open(model.transformer(),
                                       {.positions = 40, .sequences = 1, .rows = 40, .threads = 1});
  REQUIRE_MESSAGE(encoder, support::why(encoder));
  const encode::Sequence sequence{.tokens = tokens, .types = {}};
  REQUIRE(encoder->encode(std::span(&sequence, 1)));
  const core::Mat state = encoder->pooled(model.spec().reading.pooling, false);
  return {state.row(0), state.row(0) + state.cols};
}

// The logits of the last 12 tokens, or the pooled state.
Floats outputs(const Model& model, const std::vector<int>& tokens) {
  if (model.spec().reads()) return pooled(model, tokens);
  auto session =
      generate::Session::open(model.transformer(), {.context = 40, .cache = model::PageType::f32});
  REQUIRE_MESSAGE(session, support::why(session));
  Floats logits;
  const auto keep = [&](int, std::span<const float> row) {
    logits.insert(logits.end(), row.begin(), row.end());
  };
  REQUIRE(session->feed(tokens, keep));
  return {logits.end() - 12 * model.spec().vocab, logits.end()};
}

// The file, with another number behind the name of a field.
std::string with_number(const std::string& file, const std::string& field, std::uint32_t bits) {
  std::string bytes = support::contents(file);
  const std::size_t place = bytes.find(field);
  REQUIRE(place != std::string::npos);
  // The type of the value stands between; 7 is that of flags, which are single bytes.
  const std::size_t type = place + field.size();
  std::memcpy(bytes.data() + type + 4, &bits, bytes[type] == 7 ? 1 : sizeof bits);
  return bytes;
}

}  // namespace

TEST_CASE("GGUF files of every architecture give the outputs of transformers and of llama.cpp") {
  for (const auto& [name, theirs] : kGolden) {
    CAPTURE(std::string(name));
    const Scratch folder;
    const Expected expected = read_expected(name);
    const Model model =
        converted_model(golden_file(core::say(name, ".gguf")), core::Dtype::f32, folder);
    const Floats ours = outputs(model, expected.tokens);
    const double distance = relative_distance(ours, expected.outputs.at("transformers"));
    MESSAGE(std::string(name) << ": " << distance);
    CHECK(distance <= 5e-6);
    CHECK(expected.outputs.contains("llama.cpp") == (theirs > 0));
    if (theirs > 0) CHECK(relative_distance(ours, expected.outputs.at("llama.cpp")) <= theirs);
  }
}

// If a field were read and not used, the outputs would have to notice.
TEST_CASE("every field of an architecture that is changed moves the outputs") {
  const auto whole = [](std::uint32_t number) { return number; };
  const auto real = [](float number) { return std::bit_cast<std::uint32_t>(number); };
  struct Case {
    const char *name, *field;
    std::uint32_t bits;
  };
  const Case cases[] = {{"llama-yarn", "llama.rope.scaling.factor", real(8)},
                        {"llama-yarn", "llama.rope.scaling.original_context_length", whole(512)},
                        {"llama-yarn", "llama.rope.freq_base", real(500)},
                        {"qwen2-yarn", "qwen2.rope.scaling.yarn_beta_fast", real(64)},
                        {"qwen2-yarn", "qwen2.rope.scaling.yarn_beta_slow", real(1)},
                        {"qwen2-yarn", "qwen2.rope.scaling.yarn_attn_factor", real(1)},
                        {"qwen3", "qwen3.attention.layer_norm_rms_epsilon", real(0.1f)},
                        {"gemma2", "gemma2.attention.sliding_window", whole(12)},
                        {"gemma2", "gemma2.attn_logit_softcapping", real(9)},
                        {"gemma2", "gemma2.final_logit_softcapping", real(20)},
                        {"gemma3", "gemma3.attention.sliding_window", whole(12)},
                        {"gemma3", "gemma3.rope.freq_base", real(500)},
                        {"gemma3", "gemma3.rope.freq_base_swa", real(500)},
                        {"phi2", "phi2.rope.dimension_count", whole(8)},
                        {"phi3", "phi3.attention.sliding_window", whole(12)},
                        {"phi3-longrope", "phi3.rope.scaling.attn_factor", real(1)},
                        {"gptneox", "gptneox.use_parallel_residual", whole(0)},
                        {"falcon-grouped", "falcon.attention.layer_norm_epsilon", real(0.1f)},
                        {"stablelm", "stablelm.rope.dimension_count", whole(4)},
                        {"mpt", "mpt.attention.max_alibi_bias", real(4)},
                        {"command-r", "command-r.logit_scale", real(1)},
                        {"bert-mean", "bert.pooling_type", whole(2)},
                        {"nomic-bert", "nomic-bert.rope.freq_base", real(10)}};
  for (const Case& c : cases) {
    CAPTURE(std::string(c.field));
    const Scratch folder;
    const std::string file = folder.write(
        "m.gguf", with_number(golden_file(core::say(c.name, ".gguf")), c.field, c.bits));
    const Expected expected = read_expected(c.name);
    const Floats ours = outputs(converted_model(file, core::Dtype::f32, folder), expected.tokens);
    CHECK(relative_distance(ours, expected.outputs.at("transformers")) > 1e-4);
  }
}

TEST_CASE("LongRoPE of a GGUF file shortens the context, and the conversion says so") {
  const Scratch folder;
  std::vector<std::string> notes;
  const auto report = convert::convert(
      {.input = golden_file("phi3-longrope.gguf"), .output = folder.path("m.linnet")},
      {.warn = [&](const std::string& sentence) { notes.push_back(sentence); }});
  REQUIRE_MESSAGE(report, support::why(report));
  REQUIRE(notes.size() >= 1);
  CHECK(notes.front().find("the longest context is 256 tokens, not 2048") != std::string::npos);
  const auto model = Model::open(folder.path("m.linnet"));
  REQUIRE(model);
  CHECK(model->spec().decoder.positions == 256);
}
