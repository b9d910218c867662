#include "tests/tools/convert/golden.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/converted_model.h"

using namespace linnet;
using support::converted_model;
using support::golden_folder;
using support::relative_distance;
using support::Scratch;

// From somebody's checkpoint to logits: what the converter and the engine make of a folder, against
// what Hugging Face transformers made of it (tests/golden/make_hf_golden.py).
namespace {

struct Expected {
  std::vector<int> tokens;
  std::vector<float> logits;  // [tokens, vocab]
};

Expected read_expected(const std::string& folder) {
  Expected expected;
  for (const support::RawTensor& raw : support::load_raw(folder + "/expected.safetensors")) {
    const auto values = raw.bytes.size() / 4;
    if (raw.name == "tokens") {
      expected.tokens.resize(values);
      std::memcpy(expected.tokens.data(), raw.bytes.data(), raw.bytes.size());
    } else {
      expected.logits.resize(values);
      std::memcpy(expected.logits.data(), raw.bytes.data(), raw.bytes.size());
    }
  }
  REQUIRE(expected.tokens.size() == 64);
  return expected;
}

// All logits, with `first` tokens fed at once and the rest one by one.
std::vector<float> run(const Model& model, const std::vector<int>& tokens, std::size_t first,
                       model::PageType cache) {
  const generate::SessionOptions options{.context = 64, .cache = cache};
  auto session = generate::Session::open(model.transformer(), options);
  REQUIRE_MESSAGE(session, support::why(session));
  std::vector<float> logits;
  const auto keep = [&](int, std::span<const float> row) {
    logits.insert(logits.end(), row.begin(), row.end());
  };
  const std::span<const int> all(tokens);
  if (first > 0) REQUIRE(session->feed(all.first(first), keep));
  for (std::size_t i = first; i < all.size(); ++i) REQUIRE(session->feed(all.subspan(i, 1), keep));
  return logits;
}

}  // namespace

TEST_CASE("every decoder of the goldens is tested") {
  support::check_named(golden_folder(""), support::kGoldenModels);
}

TEST_CASE("converted models give the logits of transformers, at once and step by step") {
  for (const char* name : support::kGoldenModels) {
    CAPTURE(std::string(name));
    const Scratch folder;
    const Expected expected = read_expected(golden_folder(name));
    const Model model = converted_model(golden_folder(name), core::Dtype::f32, folder);
    const auto at_once = run(model, expected.tokens, 64, model::PageType::f32);
    const auto by_steps = run(model, expected.tokens, 0, model::PageType::f32);
    const double distance = relative_distance(at_once, expected.logits);
    MESSAGE(std::string(name) << ": " << distance);
    CHECK(distance <= 1e-4);
    CHECK(relative_distance(by_steps, expected.logits) <= 1e-4);
    CHECK(at_once == by_steps);
  }
}

// If a field were read and not used, the golden logits would have to notice.
TEST_CASE("every field of a config that is changed moves the logits beyond the tolerance") {
  struct Case {
    const char *golden, *field;
    nlohmann::json value;
  };
  const Case cases[] = {
      {"llama-grouped", "rms_norm_eps", 0.1},
      {"llama-grouped", "hidden_act", "gelu"},
      {"llama-grouped", "rope_parameters", {{"rope_type", "default"}, {"rope_theta", 500.0}}},
      {"llama-linear", "rope_scaling", nullptr},
      {"llama-linear", "rope_theta", 20000.0},
      {"llama-dynamic", "rope_scaling", {{"rope_type", "linear"}, {"factor", 4.0}}},
      {"llama-dynamic", "rope_theta", 10000.0},
      {"llama-llama3", "rope_parameters", nullptr},
      {"llama-biased", "hidden_act", "gelu_new"},
      {"gpt2-plain", "layer_norm_epsilon", 0.1},
      {"gpt2-plain", "activation_function", "gelu"},
      {"gpt2-plain", "scale_attn_weights", false},
      {"gpt2-unscaled", "scale_attn_weights", true},
      {"mistral-window", "sliding_window", nullptr},
      {"gemma2-capped", "attn_logit_softcapping", nullptr},
      {"gemma2-capped", "final_logit_softcapping", nullptr},
      {"gemma2-capped", "query_pre_attn_scalar", 100},
      {"gemma3-windows", "sliding_window", 40},
      {"gemma3-windows",
       "rope_parameters",
       {{"full_attention", {{"rope_type", "default"}, {"rope_theta", 500.0}}},
        {"sliding_attention", {{"rope_type", "default"}, {"rope_theta", 10000.0}}}}},
      {"gemma3-windows",
       "rope_parameters",
       {{"full_attention", {{"rope_type", "default"}, {"rope_theta", 1000000.0}}},
        {"sliding_attention", {{"rope_type", "default"}, {"rope_theta", 500.0}}}}},
      {"phi-parallel",
       "rope_parameters",
       {{"rope_type", "default"}, {"rope_theta", 10000.0}, {"partial_rotary_factor", 1.0}}},
      {"gpt-neox-parallel",
       "rope_parameters",
       {{"rope_type", "default"}, {"rope_theta", 10000.0}, {"partial_rotary_factor", 0.5}}},
      {"gpt-neox-parallel", "use_parallel_residual", false},
      {"falcon-biased", "alibi", false},
      {"opt-before", "activation_function", "gelu"},
      {"openai-gpt-plain", "afn", "relu"},
      {"bloom-plain", "layer_norm_epsilon", 0.1},
      {"mpt-plain", "layer_norm_epsilon", 0.1},
      {"stablelm-plain", "layer_norm_eps", 0.1},
      {"gptj-plain", "rotary_dim", 4},
      {"gptj-plain", "layer_norm_epsilon", 0.1},
      {"gptj-plain", "activation_function", "gelu"},
      {"llama-yarn", "rope_parameters", nullptr},
      {"qwen2-yarn", "rope_theta", 10000.0},
      {"cohere-parallel", "logit_scale", 0.5},
      {"starcoder2-window", "sliding_window", nullptr},
      {"starcoder2-window", "hidden_act", "silu"},
      {"gpt-bigcode-one-key", "activation_function", "relu"},
      {"gpt-bigcode-one-key", "scale_attn_weights", false},
      {"phi3-longrope", "rope_scaling", nullptr},
      {"phi3-longrope", "max_position_embeddings", 128}};
  for (const Case& c : cases) {
    CAPTURE(std::string(c.golden) + " " + c.field);
    support::ModelCopy copy(c.golden);
    copy.config[c.field] = c.value;
    REQUIRE(copy.convert());
    const auto model = Model::open(copy.path("out.linnet"));
    REQUIRE(model);
    const Expected expected = read_expected(golden_folder(c.golden));
    const double distance =
        relative_distance(run(*model, expected.tokens, 64, model::PageType::f32), expected.logits);
    CHECK(distance > 2e-4);
  }
}

TEST_CASE("folders as they were written before the library knew the model convert as they are") {
  support::ModelCopy mpt("mpt-plain");
  mpt.config["architectures"] = {"MPTForCausalLM"};
  mpt.config["auto_map"] = {{"AutoModelForCausalLM", "modeling_mpt.MPTForCausalLM"}};
  CHECK(mpt.convert());
  support::ModelCopy falcon("falcon-one-key");
  falcon.config["auto_map"] = {{"AutoConfig", "configuration_falcon.FalconConfig"}};
  CHECK(falcon.convert());
}

// Rounding a weight to half precision moves it by at most 2^-11 of itself, to int8 by at most 1/254
// of the largest of its group; these models' random weights have no slack, so that the logits move
// by a few times as much. A tensor in the wrong place moves them by more than 0.5.
TEST_CASE("models stored as halves and as int8 stay near the logits of transformers") {
  for (const char* name : support::kGoldenModels) {
    CAPTURE(std::string(name));
    const Scratch folder;
    const Expected expected = read_expected(golden_folder(name));
    const Model halves = converted_model(golden_folder(name), core::Dtype::f16, folder);
    CHECK(relative_distance(run(halves, expected.tokens, 64, model::PageType::f16),
                            expected.logits) <= 0.01);
    const Model ints = converted_model(golden_folder(name), core::Dtype::i8, folder);
    const double distance =
        relative_distance(run(ints, expected.tokens, 64, model::PageType::f16), expected.logits);
    MESSAGE(std::string(name) << " int8: " << distance);
    CHECK(distance <= 0.15);
  }
}
