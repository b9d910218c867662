#include "tools/convert/rotary.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "tests/tools/convert/files.h"

using namespace linnet;
using convert::Config;
using convert::Json;

namespace {

std::vector<float> frequencies(const Json& json, int d_head, int positions = 64) {
  Config config(json, "c.json");
  const model::Rotary rotary = convert::read_rotary(config, d_head, positions);
  const core::Status status = config.finish();
  REQUIRE_MESSAGE(status, support::why(status));
  CHECK_FALSE(rotary.interleaved);
  CHECK(rotary.magnitude == 1.0f);
  return rotary.frequencies;
}

std::string refusal(const Json& json, int d_head = 8) {
  Config config(json, "c.json");
  int positions = 64;
  convert::read_rotary(config, d_head, positions);
  const core::Status status = config.finish();
  REQUIRE_FALSE(status);
  return status.error().sentence;
}

bool says(const std::string& sentence, const char* part) {
  return sentence.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("plain rotary frequencies fall from 1 to base^-(1 - 1/pairs)") {
  // 10000^(-i/4) is 10^-i.
  CHECK(frequencies(Json::object(), 8) == std::vector<float>{1.0f, 0.1f, 0.01f, 0.001f});
  CHECK(frequencies({{"rope_theta", 16}}, 8) == std::vector<float>{1.0f, 0.5f, 0.25f, 0.125f});
}

TEST_CASE("the base may stand in either place, and the inner one wins") {
  const std::vector<float> of_16{1.0f, 0.5f, 0.25f, 0.125f};
  CHECK(frequencies({{"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 16.0}}}}, 8) ==
        of_16);
  CHECK(frequencies({{"rope_theta", 81}, {"rope_scaling", {{"rope_theta", 16.0}}}}, 8) == of_16);
}

TEST_CASE("linear scaling divides, dynamic scaling leaves alone") {
  const std::vector<float> plain = frequencies(Json::object(), 16);
  const std::vector<float> halved =
      frequencies({{"rope_scaling", {{"type", "linear"}, {"factor", 2}}}}, 16);
  for (std::size_t i = 0; i < plain.size(); ++i) CHECK(halved[i] == plain[i] / 2);
  CHECK(frequencies({{"rope_scaling", {{"rope_type", "dynamic"}, {"factor", 8.0}}}}, 16) == plain);
}

TEST_CASE("llama3 scaling keeps the fast pairs, stretches the slow ones and blends between") {
  const Json json{{"rope_scaling",
                   {{"rope_type", "llama3"},
                    {"factor", 8.0},
                    {"low_freq_factor", 1.0},
                    {"high_freq_factor", 4.0},
                    {"original_max_position_embeddings", 64}}}};
  const std::vector<float> plain = frequencies(Json::object(), 16);
  const std::vector<float> scaled = frequencies(json, 16);
  CHECK(scaled[0] == plain[0]);
  for (std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    const double wavelength = 2 * std::numbers::pi / plain[i];
    const double smooth = (64 / wavelength - 1) / 3;
    CHECK(scaled[i] ==
          doctest::Approx(smooth * plain[i] + (1 - smooth) * plain[i] / 8).epsilon(1e-6));
    CHECK(scaled[i] < plain[i]);
    CHECK(scaled[i] > plain[i] / 8);
  }
  for (std::size_t i = 3; i < 8; ++i) CHECK(scaled[i] == plain[i] / 8);
  // Without it, the context that the model was made for counts.
  Json without = json;
  without["rope_scaling"].erase("original_max_position_embeddings");
  CHECK(frequencies(without, 16, 64) == scaled);
  CHECK(frequencies(without, 16, 1 << 20) != scaled);
}

namespace {

model::Rotary rotary_of(Json scaling, int positions) {
  Config config({{"rope_scaling", std::move(scaling)}}, "c.json");
  model::Rotary rotary = convert::read_rotary(config, 16, positions);
  const core::Status status = config.finish();
  REQUIRE_MESSAGE(status, support::why(status));
  return rotary;
}

}  // namespace

// The logits with it are compared with those of transformers in golden_test.cpp.
TEST_CASE("YaRN keeps the fast pairs, stretches the slow ones and makes cosines grow") {
  const std::vector<float> plain = frequencies(Json::object(), 16);
  Json json{{"type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 4096}};
  const model::Rotary rotary = rotary_of(json, 64);
  // Pairs turn 32 times within 4096 positions at number 2.6, and once at 5.6.
  for (std::size_t i = 0; i < 3; ++i) CHECK(rotary.frequencies[i] == plain[i]);
  for (std::size_t i = 3; i < 6; ++i) {
    const double kept = 1 - (static_cast<double>(i) - 2) / 4;
    CHECK(rotary.frequencies[i] ==
          doctest::Approx(plain[i] * (kept + (1 - kept) / 4)).epsilon(1e-6));
  }
  for (std::size_t i = 6; i < 8; ++i) CHECK(rotary.frequencies[i] == plain[i] / 4);
  CHECK(rotary.magnitude == doctest::Approx(0.1 * std::log(4.0) + 1));
  json["truncate"] = false;
  CHECK(rotary_of(json, 64).frequencies[2] == plain[2]);
  CHECK(rotary_of(json, 64).frequencies[5] != rotary.frequencies[5]);
  json["mscale"] = 1.0;
  json["mscale_all_dim"] = 0.5;
  CHECK(rotary_of(json, 64).magnitude ==
        doctest::Approx((0.1 * std::log(4.0) + 1) / (0.05 * std::log(4.0) + 1)));
  json["attention_factor"] = 1.25;
  CHECK(rotary_of(json, 64).magnitude == 1.25f);
  // Without a factor, what the context has grown by.
  Json grown{{"type", "yarn"}, {"factor", nullptr}, {"original_max_position_embeddings", 4096}};
  CHECK(rotary_of(grown, 16384).frequencies == rotary.frequencies);
}

TEST_CASE("LongRoPE divides by its short factors and lowers the longest context") {
  const std::vector<float> plain = frequencies(Json::object(), 8);
  Config config({{"original_max_position_embeddings", 64},
                 {"rope_scaling",
                  {{"type", "longrope"}, {"short_factor", {1, 2, 4, 8}}, {"long_factor", {9}}}}},
                "c.json");
  int positions = 4096;
  const model::Rotary rotary = convert::read_rotary(config, 8, positions);
  REQUIRE(config.finish());
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(rotary.frequencies[i] == plain[i] / static_cast<float>(1 << i));
  CHECK(rotary.magnitude == doctest::Approx(std::sqrt(2.0)));  // ln(64) / ln(64)
  CHECK(positions == 64);
  REQUIRE(config.notes().size() == 1);
  CHECK(says(config.notes().front(), "the longest context is 64 tokens, not 4096"));
}

TEST_CASE("rotary settings that would change the result unseen are refused by name") {
  CHECK(says(refusal({{"rope_scaling", {{"type", "proportional"}}}}), "'proportional'"));
  CHECK(says(refusal({{"rope_scaling", {{"rope_type", "longrope"}}}}),
             "'rope_scaling.short_factor'"));
  CHECK(says(refusal({{"rope_scaling", {{"type", "su"}, {"short_factor", {1, 1, 1, 0}}}}}),
             "a positive number for each of 4 pairs"));
  CHECK(says(refusal({{"rope_theta", 1}, {"rope_scaling", {{"type", "yarn"}, {"factor", 2}}}}),
             "'rope_theta' must be greater than 1"));
  CHECK(says(refusal({{"rope_scaling",
                       {{"type", "yarn"}, {"factor", 2}, {"mscale", 1}, {"mscale_all_dim", -15}}}}),
             "'rope_scaling.mscale' is out of range"));
  CHECK(says(refusal({{"rope_scaling", {{"rope_type", "linear"}}}}),
             "'rope_scaling.factor' is missing"));
  CHECK(
      says(refusal({{"rope_scaling", {{"rope_type", "linear"}, {"factor", 0}}}}), "out of range"));
  CHECK(says(refusal({{"rope_scaling", {{"type", "linear"}, {"factor", 2}, {"beta_fast", 32}}}}),
             "'rope_scaling.beta_fast' is unknown"));
  CHECK(says(refusal({{"rope_theta", 0}}), "'rope_theta'"));
  CHECK(says(refusal({{"rope_theta", -1e4}}), "'rope_theta'"));
  CHECK(says(refusal({{"rope_theta", 1e30}}), "'rope_theta'"));
  CHECK(says(refusal({{"rope_scaling", "linear"}}), "an object"));
  CHECK(says(refusal({{"partial_rotary_factor", 0.5}}), "'partial_rotary_factor'"));
  CHECK(says(refusal({{"rope_parameters", {{"partial_rotary_factor", 0.5}}}}), "partial_rotary"));
  CHECK(says(refusal({{"rope_scaling", {{"type", "linear"}, {"factor", 2}}},
                      {"rope_parameters", {{"rope_type", "default"}}}}),
             "beside rope_scaling"));
  CHECK(says(refusal({{"rope_scaling",
                       {{"rope_type", "llama3"},
                        {"factor", 8},
                        {"low_freq_factor", 4},
                        {"high_freq_factor", 4}}}}),
             "greater than low_freq_factor"));
  CHECK(says(refusal(Json::object(), 7), "'head_dim' must be even"));
}
