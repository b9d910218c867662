#include "tools/convert/rotary.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "engine/core/limits.h"

namespace linnet::convert {
namespace {

// A base or a factor; the bounds keep every frequency far inside the range of a float.
double positive(Config& config, std::string_view name) {
  const double value = config.number(name);
  const bool fine = value >= 1e-6 && value <= 1e12;
  if (!fine) config.refuse(name, "is out of range");
  return fine ? value : 1.0;
}

double turn(double base, std::size_t pair, std::size_t pairs) {
  return std::pow(base, -static_cast<double>(pair) / static_cast<double>(pairs));
}

void scale_linear(model::Rotary& rotary, Config& scaling) {
  const double factor = positive(scaling, "factor");
  for (float& frequency : rotary.frequencies) frequency = static_cast<float>(frequency / factor);
}

void scale_llama3(model::Rotary& rotary, Config& scaling, double base, int positions) {
  const double factor = positive(scaling, "factor");
  const double low = positive(scaling, "low_freq_factor");
  const double high = positive(scaling, "high_freq_factor");
  const double context = scaling.count("original_max_position_embeddings", positions);
  if (low >= high) scaling.refuse("high_freq_factor", "must be greater than low_freq_factor");
  const auto pairs = rotary.frequencies.size();
  for (std::size_t i = 0; i < pairs; ++i) {
    const double plain = turn(base, i, pairs);
    // How often the pair turns within the context that the model was first trained for.
    const double turns = context * plain / (2 * std::numbers::pi);
    const double kept = turns > high ? 1.0 : turns < low ? 0.0 : (turns - low) / (high - low);
    rotary.frequencies[i] = static_cast<float>(kept * plain + (1 - kept) * plain / factor);
  }
}

}  // namespace

std::vector<float> plain_frequencies(double base, int pairs) {
  std::vector<float> frequencies(static_cast<std::size_t>(pairs));
  for (std::size_t i = 0; i < frequencies.size(); ++i)
    frequencies[i] = static_cast<float>(turn(base, i, frequencies.size()));
  return frequencies;
}

model::Rotary read_rotary(Config& config, int d_head, int positions) {
  double base = 10'000.0;
  if (config.has("rope_theta")) base = positive(config, "rope_theta");
  config.only("partial_rotary_factor", 1.0);
  std::optional<Config> scaling = config.section("rope_scaling");
  std::optional<Config> parameters = config.section("rope_parameters");
  if (scaling && parameters)
    config.refuse("rope_parameters", "stands beside rope_scaling; only one of them may be given");
  if (!scaling) scaling = std::move(parameters);

  model::Rotary rotary;
  if (d_head % 2 != 0) config.refuse("head_dim", "must be even for rotary positions");
  std::string kind = "default";
  if (scaling) {
    kind = scaling->text("rope_type", scaling->text("type", kind));
    if (scaling->has("rope_theta")) base = positive(*scaling, "rope_theta");
    scaling->only("partial_rotary_factor", 1.0);
  }
  // Wider heads are refused when the Spec is checked.
  const auto width = static_cast<int>(std::min<std::int64_t>(d_head, core::limits::kModelWidth));
  rotary.frequencies = plain_frequencies(base, width / 2);
  if (kind == "linear")
    scale_linear(rotary, *scaling);
  else if (kind == "dynamic")
    positive(*scaling, "factor");
  else if (kind == "llama3")
    scale_llama3(rotary, *scaling, base, positions);
  else if (kind != "default")
    scaling->refuse("rope_type", core::say("is '", shown(kind), "', which this version does not ",
                                           "support (default, linear, dynamic, llama3)"));
  return rotary;
}

}  // namespace linnet::convert
