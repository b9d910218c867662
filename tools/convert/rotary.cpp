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

// The context that the model was first trained for. The first Phi-3 have it beside the section.
int first_context(Config& config, Config& scaling, int positions) {
  const int inside = scaling.count("original_max_position_embeddings", positions);
  return config.count("original_max_position_embeddings", inside);
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

// By how much the context has grown.
double growth_of(Config& scaling, int positions, int context) {
  if (scaling.has("factor")) return positive(scaling, "factor");
  return static_cast<double>(positions) / context;
}

void scale_yarn(model::Rotary& rotary, Config& config, Config& scaling, double base,
                int positions) {
  const int context = first_context(config, scaling, positions);
  Yarn yarn{.factor = growth_of(scaling, positions, context), .context = 1.0 * context};
  if (scaling.has("beta_fast")) yarn.fast = positive(scaling, "beta_fast");
  if (scaling.has("beta_slow")) yarn.slow = positive(scaling, "beta_slow");
  yarn.whole_pairs = scaling.flag("truncate", true);
  if (base <= 1) return config.refuse("rope_theta", "must be greater than 1 for YaRN");
  stretch_by_yarn(rotary, base, yarn);
  const double above = scaling.number("mscale", 0), below = scaling.number("mscale_all_dim", 0);
  double magnitude = yarn_growth(yarn.factor);
  if (above != 0 && below != 0)
    magnitude = yarn_growth(yarn.factor, above) / yarn_growth(yarn.factor, below);
  if (scaling.has("attention_factor")) magnitude = positive(scaling, "attention_factor");
  if (!(magnitude >= 1e-6 && magnitude <= 1e12)) scaling.refuse("mscale", "is out of range");
  rotary.magnitude = static_cast<float>(magnitude);
}

void scale_longrope(model::Rotary& rotary, Config& config, Config& scaling, int& positions) {
  const int context = first_context(config, scaling, positions);
  double magnitude = longrope_growth(growth_of(scaling, positions, context), context);
  if (scaling.has("attention_factor")) magnitude = positive(scaling, "attention_factor");
  rotary.magnitude = static_cast<float>(magnitude);
  scaling.harmless("long_factor");
  const std::vector<double> factors = scaling.numbers("short_factor");
  if (factors.size() != rotary.frequencies.size() ||
      std::ranges::any_of(factors, [](double f) { return !(f >= 1e-6 && f <= 1e12); }))
    return scaling.refuse("short_factor", core::say("must have a positive number for each of ",
                                                    rotary.frequencies.size(), " pairs"));
  shorten_by_factors(rotary, factors, config, context, positions);
}

}  // namespace

void stretch_by_yarn(model::Rotary& rotary, double base, const Yarn& yarn) {
  const auto pairs = static_cast<double>(rotary.frequencies.size());
  const auto pair_that_turns = [&](double times) {
    return pairs * std::log(yarn.context / (times * 2 * std::numbers::pi)) / std::log(base);
  };
  double first = pair_that_turns(yarn.fast), last = pair_that_turns(yarn.slow);
  if (yarn.whole_pairs) {
    first = std::floor(first);
    last = std::ceil(last);
  }
  first = std::max(first, 0.0);
  last = std::min(last, 2 * pairs - 1);  // of numbers, not of pairs, as everybody has it
  if (first == last) last += 0.001;
  for (std::size_t i = 0; i < rotary.frequencies.size(); ++i) {
    const double ramp = (static_cast<double>(i) - first) / (last - first);
    const double kept = 1 - std::clamp(ramp, 0.0, 1.0);
    const double plain = turn(base, i, rotary.frequencies.size());
    rotary.frequencies[i] = static_cast<float>(kept * plain + (1 - kept) * plain / yarn.factor);
  }
}

double yarn_growth(double factor, double weight) {
  return factor <= 1 ? 1 : 0.1 * weight * std::log(factor) + 1;
}

double longrope_growth(double factor, double context) {
  return factor <= 1 || context <= 1 ? 1 : std::sqrt(1 + std::log(factor) / std::log(context));
}

void shorten_by_factors(model::Rotary& rotary, std::span<const double> factors, Config& config,
                        int context, int& positions) {
  for (std::size_t i = 0; i < rotary.frequencies.size(); ++i)
    rotary.frequencies[i] = static_cast<float>(rotary.frequencies[i] / factors[i]);
  if (context >= positions) return;
  config.note(core::say("LongRoPE is used with its short factors: the longest context is ", context,
                        " tokens, not ", positions));
  positions = context;
}

std::vector<float> plain_frequencies(double base, int pairs) {
  std::vector<float> frequencies(static_cast<std::size_t>(pairs));
  for (std::size_t i = 0; i < frequencies.size(); ++i)
    frequencies[i] = static_cast<float>(turn(base, i, frequencies.size()));
  return frequencies;
}

namespace {

// How a scaling rule, or none, changes the plain frequencies of `base`.
model::Rotary scaled(Config& config, std::optional<Config>& scaling, double base, int pairs,
                     int& positions) {
  model::Rotary rotary;
  rotary.frequencies = plain_frequencies(base, pairs);
  if (!scaling) return rotary;
  const std::string kind = scaling->text("rope_type", scaling->text("type", "default"));
  if (kind == "linear")
    scale_linear(rotary, *scaling);
  else if (kind == "dynamic")
    positive(*scaling, "factor");
  else if (kind == "llama3")
    scale_llama3(rotary, *scaling, base, positions);
  else if (kind == "yarn")
    scale_yarn(rotary, config, *scaling, base, positions);
  else if (kind == "longrope" || kind == "su")
    scale_longrope(rotary, config, *scaling, positions);
  else if (kind != "default")
    scaling->refuse("rope_type",
                    core::say("is '", shown(kind), "', which this version does not support ",
                              "(default, linear, dynamic, llama3, yarn, longrope)"));
  return rotary;
}

// Pairs of the part of a head that turns. Wider heads are refused when the Spec is checked.
int pairs_of(Config& config, int d_head, double part) {
  const auto width = static_cast<double>(std::min<std::int64_t>(d_head, core::limits::kModelWidth));
  const int turned = static_cast<int>(width * part);
  if (turned % 2 != 0) config.refuse("head_dim", "must be even for rotary positions");
  return std::max(1, turned / 2);
}

}  // namespace

model::Rotary read_rotary(Config& config, int d_head, int& positions, const RotaryFields& fields) {
  double base = fields.base_default, part = fields.part_default;
  if (config.has(fields.base)) base = positive(config, fields.base);
  const auto read_part = [&](Config& from, std::string_view name) {
    if (fields.part.empty()) return from.only(name, 1.0);
    if (!from.has(name)) return;
    part = from.number(name);
    if (part > 0.0 && part <= 1.0) return;
    from.refuse(name, "must lie between 0 and 1");
    part = 1.0;
  };
  read_part(config, fields.part.empty() ? "partial_rotary_factor" : fields.part);
  std::optional<Config> scaling = config.section("rope_scaling");
  std::optional<Config> parameters = config.section("rope_parameters");
  if (scaling && parameters)
    config.refuse("rope_parameters", "stands beside rope_scaling; only one of them may be given");
  if (!scaling) scaling = std::move(parameters);
  if (scaling) {
    if (scaling->has("rope_theta")) base = positive(*scaling, "rope_theta");
    read_part(*scaling, "partial_rotary_factor");
  }
  return scaled(config, scaling, base, pairs_of(config, d_head, part), positions);
}

void read_two_rotaries(Config& config, model::Stack& s, double base_default,
                       double window_base_default) {
  const int pairs = pairs_of(config, s.d_head, 1.0);
  const auto of = [&](std::optional<Config> section, double base) {
    if (section && section->has("rope_theta")) base = positive(*section, "rope_theta");
    return scaled(config, section, base, pairs, s.positions);
  };
  double base = base_default, window_base = window_base_default;
  if (config.has("rope_theta")) base = positive(config, "rope_theta");
  if (config.has("rope_local_base_freq")) window_base = positive(config, "rope_local_base_freq");
  if (std::optional<Config> both = config.section("rope_parameters")) {
    s.rotary = of(both->section("full_attention"), base);
    s.window_rotary = of(both->section("sliding_attention"), window_base);
  } else {
    s.rotary = of(config.section("rope_scaling"), base);
    s.window_rotary = of(std::nullopt, window_base);
  }
}

}  // namespace linnet::convert
