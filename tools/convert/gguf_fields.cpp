#include "tools/convert/gguf_fields.h"

#include <algorithm>
#include <cmath>

#include "engine/core/limits.h"
#include "tools/convert/rotary.h"

namespace linnet::convert {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

// About the file and who made it.
constexpr std::string_view kHarmless[]{"general", "quantize", "mradermacher"};

Config gguf_section(Config& config, std::string_view architecture) {
  config.harmless(kHarmless);
  if (std::optional<Config> split = config.section("split")) {
    split->only("count", 1);
    split->harmless("no");
    split->harmless("tensors.count");
  }
  std::optional<Config> fields = config.section(architecture);
  if (fields) return std::move(*fields);
  config.fail(Error{Fault::corrupt, say(config.file(), " has no fields '", architecture, ".'")});
  return config;
}

void read_gguf_sizes(Config& fields, model::Stack& stack) {
  fields.harmless("tensor_data_layout");  // of the file that was converted
  fields.only("expert_count", 0);
  fields.only("expert_used_count", 0);
  stack.layers = fields.count("block_count");
  stack.d_model = fields.count("embedding_length");
  stack.d_ff = fields.count("feed_forward_length");
  stack.heads = fields.count("attention.head_count");
  stack.kv_heads = fields.count("attention.head_count_kv", stack.heads);
  stack.positions = fields.count("context_length");
  stack.d_head = fields.count("attention.key_length", std::max(1, stack.d_model / stack.heads));
  if (!fields.has("attention.key_length") && stack.d_model % stack.heads != 0)
    fields.refuse("attention.head_count", "does not divide the width of the model");
  if (fields.count("attention.value_length", stack.d_head) != stack.d_head)
    fields.refuse("attention.value_length", "is not that of the keys, which is not supported");
}

namespace {

void divide_by_factors(Config& fields, const Checkpoint& checkpoint, model::Rotary& rotary) {
  const int found = checkpoint.find("rope_freqs.weight");
  if (found < 0) return;
  const std::string about =
      say(checkpoint.files().front()->path(), ": the tensor 'rope_freqs.weight' ");
  const SourceTensor& tensor = checkpoint.tensors()[static_cast<std::size_t>(found)];
  std::vector<float> factors(rotary.frequencies.size());
  if (tensor.type == SourceType::other ||
      tensor.values() != static_cast<std::int64_t>(factors.size()))
    return fields.fail(
        Error{Fault::corrupt, say(about, "has the type ", tensor.type_name, " and the shape ",
                                  shape_text(tensor.shape), " for ", factors.size(), " pairs")});
  if (const core::Status got = checkpoint.read(found, 0, factors); !got)
    return fields.fail(got.error());
  for (std::size_t i = 0; i < factors.size(); ++i) {
    if (!(factors[i] >= 1e-6f && factors[i] <= 1e12f))
      return fields.fail(Error{Fault::corrupt, say(about, "holds ", factors[i])});
    rotary.frequencies[i] /= factors[i];
  }
}

}  // namespace

model::Rotary read_gguf_rotary(Config& fields, const Checkpoint& checkpoint, int d_head) {
  const double base = fields.number("rope.freq_base", 10'000.0);
  if (!(base >= 1e-6 && base <= 1e12)) fields.refuse("rope.freq_base", "is out of range");
  const int width = fields.count("rope.dimension_count", d_head);
  if (width % 2 != 0 || width > d_head)
    fields.refuse("rope.dimension_count", "must be even and at most the width of a head");
  const std::string kind = fields.text("rope.scaling.type", "linear");
  if (kind != "none" && kind != "linear")
    fields.refuse("rope.scaling.type", say("is '", shown(kind), "', which this version does not ",
                                           "support (none, linear)"));
  fields.harmless("rope.scaling.original_context_length");
  fields.harmless("rope.scaling.finetuned");
  fields.only("rope.scaling.attn_factor", 1.0);
  // Older files call it so. 0 is none.
  double factor = fields.number("rope.scaling.factor", 0.0);
  const double older = fields.number("rope.scale_linear", 0.0);
  if (factor == 0) factor = older;
  if (factor == 0 || kind == "none") factor = 1;
  if (!(factor >= 1e-6 && factor <= 1e12)) fields.refuse("rope.scaling.factor", "is out of range");

  model::Rotary rotary;
  // Wider heads are refused when the Spec is checked.
  const auto pairs = static_cast<int>(std::min<std::int64_t>(width, core::limits::kModelWidth)) / 2;
  rotary.frequencies = plain_frequencies(base, pairs);
  for (float& frequency : rotary.frequencies) frequency = static_cast<float>(frequency / factor);
  divide_by_factors(fields, checkpoint, rotary);
  return rotary;
}

void read_gguf_head(Config& fields, const Checkpoint& checkpoint, model::Spec& spec) {
  fields.harmless("vocab_size");  // the embedding has as many rows, or as many as it says
  const int embedding = checkpoint.find("token_embd.weight"),
            head = checkpoint.find("output.weight");
  if (embedding < 0)
    return fields.fail(Error{Fault::corrupt, say(checkpoint.files().front()->path(),
                                                 ": the tensor 'token_embd.weight' is missing")});
  const auto& shape = checkpoint.tensors()[static_cast<std::size_t>(embedding)].shape;
  spec.vocab = static_cast<int>(shape.front());
  if (head < 0) {
    spec.tied_head = true;
    return;
  }
  const Result<bool> equal = equal_tensors(checkpoint, embedding, head);
  if (!equal) return fields.fail(equal.error());
  spec.tied_head = *equal;
}

}  // namespace linnet::convert
