#include "engine/model/spec.h"

#include <cmath>

#include "engine/core/checked.h"
#include "engine/core/limits.h"

namespace linnet::model {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::say;
using core::Status;

// Collects the first sentence about something that is wrong.
class Complaint {
 public:
  template <class... Parts>
  void unless(bool fine, const Parts&... parts) {
    if (!fine && sentence_.empty()) sentence_ = say(parts...);
  }
  void in_range(const std::string& name, std::int64_t value, std::int64_t low, std::int64_t high) {
    unless(low <= value && value <= high, "the setting '", name, "' is ", value,
           " and must lie between ", low, " and ", high);
  }
  Status status() const {
    if (sentence_.empty()) return Done{};
    return Error{Fault::corrupt, sentence_};
  }

 private:
  std::string sentence_;
};

void check_rotation(Complaint& complaint, const std::string& prefix, const Rotary& rotary) {
  for (const float frequency : rotary.frequencies)
    complaint.unless(frequency >= 0.0f && frequency <= core::limits::kRotaryFrequency,
                     "the setting '", prefix, "rotary_frequencies' holds ", frequency,
                     ", which is out of range");
  complaint.unless(rotary.magnitude > 0.0f, "the setting '", prefix,
                   "rotary_magnitude' must be positive");
}

void check_rotary(Complaint& complaint, const std::string& prefix, const Stack& s) {
  complaint.unless(s.position == Position::rotary || s.window_rotary.frequencies.empty(),
                   "the setting '", prefix, "window_rotary_frequencies' is for rotary positions");
  if (s.position != Position::rotary) return;
  const auto pairs = static_cast<std::int64_t>(s.rotary.frequencies.size());
  complaint.unless(pairs >= 1 && pairs <= s.d_head / 2, "the setting '", prefix,
                   "rotary_frequencies' has ", pairs, " values for heads of ", s.d_head);
  check_rotation(complaint, prefix, s.rotary);
  const auto others = static_cast<std::int64_t>(s.window_rotary.frequencies.size());
  complaint.unless(others == 0 || others == pairs, "the setting '", prefix,
                   "window_rotary_frequencies' has ", others, " values, and '", prefix,
                   "rotary_frequencies' has ", pairs);
  check_rotation(complaint, prefix + "window_", s.window_rotary);
}

void check_linear_bias(Complaint& complaint, const std::string& prefix, const Stack& s) {
  if (s.position != Position::linear_bias) return;
  const auto slopes = static_cast<std::int64_t>(s.linear_bias.size());
  complaint.unless(slopes == s.heads, "the setting '", prefix, "linear_bias' has ", slopes,
                   " values for ", s.heads, " heads");
  for (const float slope : s.linear_bias)
    complaint.unless(slope >= 0.0f && slope <= core::limits::kBiasSlope, "the setting '", prefix,
                     "linear_bias' holds ", slope, ", which is out of range");
}

void check_sinusoid(Complaint& complaint, const std::string& prefix, const Stack& s) {
  if (s.position != Position::sinusoid) return;
  const auto pairs = static_cast<std::int64_t>(s.sinusoid_frequencies.size());
  complaint.unless(2 * pairs == s.d_model, "the setting '", prefix, "sinusoid_frequencies' has ",
                   pairs, " values for a width of ", s.d_model);
  for (const float frequency : s.sinusoid_frequencies)
    complaint.unless(frequency >= 0.0f && frequency <= core::limits::kRotaryFrequency,
                     "the setting '", prefix, "sinusoid_frequencies' holds ", frequency,
                     ", which is out of range");
}

void check_positions(Complaint& complaint, const std::string& prefix, const Stack& s) {
  complaint.in_range(prefix + "positions", s.positions, 1, core::limits::kContext);
  complaint.in_range(prefix + "position_start", s.position_start, 0, core::limits::kContext);
  complaint.unless(s.position != Position::learned || s.position_start < s.positions,
                   "the setting '", prefix, "position_start' is ", s.position_start, " and '",
                   prefix, "positions' only ", s.positions);
  check_rotary(complaint, prefix, s);
  check_sinusoid(complaint, prefix, s);
  check_linear_bias(complaint, prefix, s);
  if (s.relative()) {
    complaint.in_range(prefix + "relative_buckets", s.relative_buckets, 2,
                       core::limits::kRelativeBuckets);
    complaint.in_range(prefix + "relative_distance", s.relative_distance, 1,
                       core::limits::kContext);
  }
}

void check_stack(Complaint& complaint, const std::string& prefix, const Stack& s) {
  complaint.in_range(prefix + "layers", s.layers, 0, core::limits::kLayers);
  if (s.layers == 0) return;
  complaint.in_range(prefix + "d_model", s.d_model, 1, core::limits::kModelWidth);
  complaint.in_range(prefix + "d_ff", s.d_ff, 1, core::limits::kInnerWidth);
  complaint.in_range(prefix + "heads", s.heads, 1, core::limits::kHeads);
  complaint.in_range(prefix + "kv_heads", s.kv_heads, 1, core::limits::kHeads);
  complaint.in_range(prefix + "d_head", s.d_head, 1, core::limits::kHeadWidth);
  if (!complaint.status()) return;
  complaint.unless(s.heads % s.kv_heads == 0, "the setting '", prefix, "kv_heads' is ", s.kv_heads,
                   " and does not divide '", prefix, "heads', which is ", s.heads);
  complaint.in_range(prefix + "heads * d_head", std::int64_t{s.heads} * s.d_head, 1,
                     core::limits::kInnerWidth);
  complaint.unless(s.norm_eps > 0.0f && s.norm_eps < 1.0f, "the setting '", prefix, "norm_eps' is ",
                   s.norm_eps, " and must lie between 0 and 1");
  complaint.unless(s.attention_scale >= 0.0f && s.attention_soft_cap >= 0.0f, "the settings '",
                   prefix, "attention_scale' and '", prefix,
                   "attention_soft_cap' must not be negative");
  complaint.in_range(prefix + "window", s.window, 0, core::limits::kContext);
  complaint.in_range(prefix + "window_period", s.window_period, 1, core::limits::kLayers);
  complaint.unless(s.first_norm || (s.place != NormPlace::after && !s.parallel), "the setting '",
                   prefix, "first_norm' is 0, and the first norm is needed");
  complaint.unless(!s.parallel || (s.place == NormPlace::before && !s.cross), "the setting '",
                   prefix, "parallel' needs norms before the branches and no cross attention");
  complaint.in_range(prefix + "alignment_layer", s.alignment_layer, 0, s.layers);
  complaint.in_range(prefix + "alignment_heads", s.alignment_heads, 0, s.heads);
  check_positions(complaint, prefix, s);
}

void check_ids(Complaint& complaint, const char* name, const std::vector<std::int32_t>& ids,
               int vocab) {
  for (const std::int32_t id : ids)
    complaint.unless(id >= 0 && id < vocab, "the setting 'sequences.", name, "' names the token ",
                     id, ", outside the vocabulary of ", vocab);
}

void check_sequences(Complaint& complaint, const Spec& spec) {
  const Sequences& s = spec.sequences;
  const int source_vocab = spec.source_vocab > 0 ? spec.source_vocab : spec.vocab;
  check_ids(complaint, "source_begin", s.source_begin, source_vocab);
  check_ids(complaint, "source_end", s.source_end, source_vocab);
  check_ids(complaint, "start", s.start, spec.vocab);
  check_ids(complaint, "ends", s.ends, spec.vocab);
  check_ids(complaint, "forced_first", s.forced_first, spec.vocab);
  check_ids(complaint, "suppressed", s.suppressed, spec.vocab);
  if (spec.encoder.layers == 0 || spec.decoder.layers == 0) return;
  complaint.unless(spec.decoder.cross, "the setting 'decoder.cross' must be 1 beside an encoder");
  complaint.unless(spec.source_vocab > 0 || spec.encoder.d_model == spec.decoder.d_model,
                   "the settings 'encoder.d_model' and 'decoder.d_model' are ",
                   spec.encoder.d_model, " and ", spec.decoder.d_model,
                   ", and there is one embedding for both");
  complaint.unless(!s.start.empty(), "the setting 'sequences.start' is missing");
  complaint.unless(!s.ends.empty(), "the setting 'sequences.ends' is missing");
  const bool by_layer = spec.decoder.cross_memory == CrossMemory::same ||
                        spec.decoder.cross_memory == CrossMemory::reversed;
  complaint.unless(!by_layer || spec.encoder.layers == spec.decoder.layers,
                   "the setting 'decoder.cross_memory' pairs ", spec.decoder.layers,
                   " decoder layers with ", spec.encoder.layers, " encoder layers");
}

void check_vectors(Complaint& complaint, const Spec& spec) {
  const Vectors& v = spec.vectors;
  complaint.in_range("vectors.width", v.width, 0, core::limits::kInnerWidth);
  if (v.width == 0)
    return complaint.unless(!v.project && !v.first, "the settings 'vectors.project' and ",
                            "'vectors.first' are for models that have 'vectors.width'");
  complaint.unless(spec.reads(), "the setting 'vectors.width' is for encoders alone");
  if (!spec.reads()) return;
  complaint.unless(v.project || v.width == spec.encoder.d_model, "the setting 'vectors.width' is ",
                   v.width, ", 'encoder.d_model' is ", spec.encoder.d_model,
                   ", and nothing makes the one of the other");
  complaint.unless(!v.first || spec.encoder.longest() > 1,
                   "the setting 'encoder.positions' leaves no room behind the first vector");
  complaint.unless(spec.token_types == 0 && spec.embed_width == 0 && spec.embed_scale == 1.0f &&
                       spec.head == Head::none && !spec.tied_head && !spec.head_bias,
                   "the setting 'vectors.width' says that there are no tokens, and other settings ",
                   "speak of their types, embeddings or logits");
  complaint.unless(
      spec.reading.classes == Classes::none || spec.reading.classes == Classes::sequence,
      "the setting 'reading.classes' must be none or sequence where there are no ", "tokens");
}

void check_pictures(Complaint& complaint, const Spec& spec) {
  const Pictures& p = spec.pictures;
  constexpr std::int64_t kSide = core::limits::kPictureSide;
  complaint.in_range("pictures.patch", p.patch, 0, kSide);
  if (p.patch == 0 || !complaint.status()) return;
  complaint.in_range("pictures.channels", p.channels, 1, core::limits::kInnerWidth);
  complaint.in_range("pictures.height", p.height, 1, kSide);
  complaint.in_range("pictures.width", p.width, 1, kSide);
  const auto sized = p.resize == Resize::none ? 0 : 1;
  complaint.in_range("pictures.resize_height", p.resize_height, sized, kSide);
  complaint.in_range("pictures.resize_width", p.resize_width, p.resize == Resize::exact, kSide);
  if (!complaint.status()) return;
  complaint.unless(p.height % p.patch == 0 && p.width % p.patch == 0, "the settings ",
                   "'pictures.height' and 'pictures.width' are ", p.height, " and ", p.width,
                   ", no multiples of 'pictures.patch', which is ", p.patch);
  complaint.unless(
      p.crop || p.resize == Resize::none ||
          (p.resize == Resize::exact && p.resize_height == p.height && p.resize_width == p.width),
      "the settings 'pictures.resize' do not lead to pictures of ", p.height, " x ", p.width);
  const std::int64_t numbers = std::int64_t{p.patch} * p.patch * p.channels;
  complaint.unless(numbers == spec.vectors.width, "the setting 'vectors.width' is ",
                   spec.vectors.width, ", and a square of a picture has ", numbers, " numbers");
  const std::int64_t places = p.grid().count() + (spec.vectors.first ? 1 : 0);
  complaint.unless(places == spec.encoder.longest(), "the setting 'encoder.positions' leaves ",
                   spec.encoder.longest(), " places, and a picture takes ", places);
  complaint.unless(std::ssize(p.mean) == p.channels && std::ssize(p.deviation) == p.channels,
                   "the settings 'pictures.mean' and 'pictures.deviation' must have a value for ",
                   "each of ", p.channels, " channels");
  for (const float deviation : p.deviation)
    complaint.unless(deviation > 0.0f, "the setting 'pictures.deviation' must be positive");
}

}  // namespace

void check_reading(Complaint& complaint, const Spec& spec) {
  const Reading& r = spec.reading;
  complaint.unless(spec.embed_width == 0 || spec.reads(),
                   "the setting 'embed_width' is for encoders alone");
  if (spec.reads()) complaint.in_range("embed_width", spec.embed_width, 0, spec.encoder.d_model);
  complaint.unless(spec.token_types == 0 || spec.reads(),
                   "the setting 'token_types' is for encoders alone");
  if (!spec.reads()) return;
  complaint.unless(spec.source_vocab == 0,
                   "the setting 'source_vocab' is not for an encoder alone");
  const bool classes = r.classes != Classes::none;
  complaint.in_range("reading.class_count", r.class_count, classes ? 1 : 0,
                     classes ? core::limits::kClasses : 0);
  complaint.unless(r.classes != Classes::spans || r.class_count == 2,
                   "the setting 'reading.class_count' is ", r.class_count,
                   " and must be 2 for spans");
  complaint.unless(r.labels.empty() || static_cast<int>(r.labels.size()) == r.class_count,
                   "the setting 'reading.labels' has ", r.labels.size(), " texts for ",
                   r.class_count, " classes");
  complaint.unless(spec.head == Head::none || r.transform || spec.width() == spec.encoder.d_model,
                   "the setting 'embed_width' is ", spec.embed_width,
                   ", and nothing makes the head's inputs as narrow");
}

Status check(const Spec& spec) {
  Complaint complaint;
  const bool tokens = spec.vectors.width == 0;
  complaint.in_range("vocab", spec.vocab, tokens ? 1 : 0, tokens ? core::limits::kVocabulary : 0);
  complaint.in_range("source_vocab", spec.source_vocab, 0, core::limits::kVocabulary);
  complaint.in_range("token_types", spec.token_types, 0, core::limits::kTokenTypes);
  complaint.unless(spec.logit_soft_cap >= 0.0f,
                   "the setting 'logit_soft_cap' must not be negative");
  complaint.unless(spec.encoder.layers > 0 || spec.decoder.layers > 0,
                   "the settings 'encoder.layers' and 'decoder.layers' are both 0");
  check_stack(complaint, "encoder.", spec.encoder);
  check_stack(complaint, "decoder.", spec.decoder);
  complaint.unless(!spec.decoder.cross || spec.encoder.layers > 0,
                   "the setting 'decoder.cross' asks for an encoder, and there is none");
  check_sequences(complaint, spec);
  check_reading(complaint, spec);
  check_vectors(complaint, spec);
  check_pictures(complaint, spec);
  complaint.unless(!spec.encoder.cross, "the setting 'encoder.cross' must be 0");
  return complaint.status();
}

Status check_runnable(const Spec& spec) {
  const auto missing = [](const std::string& what) -> Status {
    return Error{Fault::unsupported, say("this version does not run ", what)};
  };
  if (spec.head == Head::none && !spec.reads())
    return missing("decoders without a vocabulary head");
  if (spec.decoder.cross && spec.decoder.query_key_norm)
    return missing("normed queries and keys beside cross attention");
  if (spec.encoder.position == Position::linear_bias)
    return missing("encoders with a bias that is linear in the distance");
  return Done{};
}

}  // namespace linnet::model
