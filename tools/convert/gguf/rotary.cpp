#include "tools/convert/gguf/rotary.h"

#include <algorithm>
#include <optional>

#include "engine/core/limits.h"
#include "tools/convert/rotary.h"

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::say;

// A base or a factor; the bounds keep every frequency far inside the range of a float.
double in_range(Config& fields, std::string_view name, double otherwise) {
  const double value = fields.number(name, otherwise);
  if (value >= 1e-6 && value <= 1e12) return value;
  fields.refuse(name, "is out of range");
  return 1;
}

// What the tensor of that name holds: a positive number for each pair. Empty if there is none, or
// if it is wrong.
std::vector<double> factors_of(Config& fields, Found& found, const char* name, std::size_t pairs) {
  const Checkpoint& checkpoint = found.checkpoint;
  const int place = checkpoint.find(name);
  if (place < 0) return {};
  found.ignored.emplace_back(name);
  const auto wrong = [&](const auto&... what) {
    fields.fail(Error{Fault::corrupt, say(checkpoint.files().front()->path(), ": the tensor '",
                                          name, "' ", what...)});
    return std::vector<double>();
  };
  const SourceTensor& tensor = checkpoint.tensors()[static_cast<std::size_t>(place)];
  std::vector<float> factors(pairs);
  if (tensor.type == SourceType::other ||
      tensor.values() != static_cast<std::int64_t>(factors.size()))
    return wrong("has the type ", tensor.type_name, " and the shape ", shape_text(tensor.shape),
                 " for ", factors.size(), " pairs");
  if (const core::Status got = checkpoint.read(place, 0, factors); !got) {
    fields.fail(got.error());
    return {};
  }
  for (const float factor : factors)
    if (!(factor >= 1e-6f && factor <= 1e12f)) return wrong("holds ", factor);
  return {factors.begin(), factors.end()};
}

// The factor by which positions are divided. Older files have another name for it; 0 is none.
double scale_of(Config& fields) {
  const double older = fields.number("rope.scale_linear", 0.0);
  const bool newer = fields.number("rope.scaling.factor", 0.0) != 0;
  if (newer) return in_range(fields, "rope.scaling.factor", 1);
  return older == 0 ? 1 : in_range(fields, "rope.scale_linear", 1);
}

void read_yarn(Config& fields, model::Rotary& rotary, double base, double factor, int context) {
  const Yarn yarn{.factor = factor,
                  .context = 1.0 * context,
                  .fast = in_range(fields, "rope.scaling.yarn_beta_fast", 32),
                  .slow = in_range(fields, "rope.scaling.yarn_beta_slow", 1)};
  fields.only("rope.scaling.yarn_ext_factor", 1.0);
  fields.only("rope.scaling.yarn_log_multiplier", 0.0);
  if (base <= 1) return fields.refuse("rope.freq_base", "must be greater than 1 for YaRN");
  stretch_by_yarn(rotary, base, yarn);
  // The converter of llama.cpp writes the model's own attention_factor here; llama.cpp itself does
  // not read it.
  rotary.magnitude =
      static_cast<float>(in_range(fields, "rope.scaling.yarn_attn_factor", yarn_growth(factor)));
}

}  // namespace

void read_gguf_rotary(Config& fields, Found& found, model::Stack& s) {
  s.position = model::Position::rotary;
  const double base = in_range(fields, "rope.freq_base", 10'000.0);
  const int width = fields.count("rope.dimension_count", s.d_head);
  if (width % 2 != 0 || width > s.d_head)
    fields.refuse("rope.dimension_count", "must be even and at most the width of a head");
  const std::string kind = fields.text("rope.scaling.type", "linear");
  if (kind != "none" && kind != "linear" && kind != "yarn" && kind != "longrope")
    fields.refuse("rope.scaling.type", say("is '", shown(kind), "', which this version does not ",
                                           "support (none, linear, yarn, longrope)"));
  fields.harmless("rope.scaling.finetuned");
  const int context = fields.count("rope.scaling.original_context_length", s.positions);
  const double scale = scale_of(fields);

  model::Rotary& rotary = s.rotary;
  // Wider heads are refused when the Spec is checked.
  const auto pairs = static_cast<int>(std::min<std::int64_t>(width, core::limits::kModelWidth)) / 2;
  rotary.frequencies = plain_frequencies(base, std::max(1, pairs));
  if (kind == "yarn")
    read_yarn(fields, rotary, base, scale, context);
  else if (kind != "none")
    for (float& frequency : rotary.frequencies) frequency = static_cast<float>(frequency / scale);
  rotary.magnitude *= static_cast<float>(in_range(fields, "rope.scaling.attn_factor", 1));

  const auto count = rotary.frequencies.size();
  const std::vector<double> all = factors_of(fields, found, "rope_freqs.weight", count),
                            below = factors_of(fields, found, "rope_factors_short.weight", count);
  for (std::size_t i = 0; i < all.size(); ++i)
    rotary.frequencies[i] = static_cast<float>(rotary.frequencies[i] / all[i]);
  if (below.empty()) return;
  found.ignored.emplace_back("rope_factors_long.weight");
  shorten_by_factors(rotary, below, fields, context, s.positions);
}

}  // namespace linnet::convert
