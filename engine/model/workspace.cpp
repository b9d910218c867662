#include "engine/model/workspace.h"

#include <algorithm>

namespace linnet::model {
namespace {

core::Mat carve_mat(core::Arena& arena, int rows, int cols) {
  const auto stride = static_cast<int>(kernels::round_up(cols, kernels::kPanel));
  return {arena.carve<float>(std::int64_t{rows} * stride), rows, cols, stride};
}

core::Rows8 carve_rows8(core::Arena& arena, int rows, int cols) {
  const std::int64_t groups = std::int64_t{rows} * kernels::groups_of(cols);
  return {.data = arena.carve<std::int8_t>(groups * kernels::kGroup),
          .scales = arena.carve<float>(groups),
          .offsets = arena.carve<std::int32_t>(groups),
          .rows = rows,
          .cols = cols};
}

// The widest keys of a step: an encoder also makes those that cross attention reads.
int key_width(const Spec& spec, Side side) {
  const auto width = [](const Stack& s) { return s.kv_heads * s.d_head; };
  if (side == Side::decoder) return width(spec.decoder);
  return std::max(width(spec.encoder), spec.decoder.cross ? width(spec.decoder) : 0);
}

int rotation_pairs(const Stack& s) {
  if (s.position == Position::rotary) return static_cast<int>(s.rotary.frequencies.size());
  if (s.position == Position::sinusoid) return static_cast<int>(s.sinusoid_frequencies.size());
  return 0;
}

}  // namespace

void Workspace::carve(core::Arena& arena, const Spec& spec, Side side, int tokens, int logit_rows) {
  const Stack& s = side == Side::encoder ? spec.encoder : spec.decoder;
  const int query_width = s.heads * s.d_head, keys_wide = key_width(spec, side);
  x = carve_mat(arena, tokens, s.d_model);
  normed = carve_mat(arena, tokens, s.d_model);
  branch = carve_mat(arena, tokens, s.d_model);
  queries = carve_mat(arena, tokens, query_width);
  attended = carve_mat(arena, tokens, query_width);
  keys = carve_mat(arena, tokens, keys_wide);
  values = carve_mat(arena, tokens, keys_wide);
  up = carve_mat(arena, tokens, s.d_ff);
  if (s.gated) gate = carve_mat(arena, tokens, s.d_ff);
  if (spec.head == Head::logits && (side == Side::decoder || spec.reads()))
    logits = carve_mat(arena, logit_rows, spec.vocab);
  if (spec.reads() && (spec.embed_width > 0 || spec.reading.transform))
    embedded = carve_mat(arena, tokens, spec.width());
  if (spec.vectors.project) embedded = carve_mat(arena, tokens, spec.vectors.width);
  if (spec.reads() && spec.reading.classes != Classes::none)
    classes = carve_mat(arena, tokens, spec.reading.class_count);
  if (side == Side::encoder && spec.decoder.cross_memory == CrossMemory::weighted) {
    mixes = spec.decoder.layers;
    mixed = carve_mat(arena, mixes * tokens, s.d_model);
  }
  quantized =
      carve_rows8(arena, tokens, std::max({s.d_model, query_width, s.d_ff, spec.vectors.width}));
  if (const int pairs = rotation_pairs(s); pairs > 0)
    rotation = {carve_mat(arena, tokens, pairs), carve_mat(arena, tokens, pairs),
                s.rotary.interleaved};
  if (const auto pairs = static_cast<int>(s.window_rotary.frequencies.size()); pairs > 0)
    window_rotation = {carve_mat(arena, tokens, pairs), carve_mat(arena, tokens, pairs),
                       s.rotary.interleaved};
  positions = arena.carve<int>(tokens);
}

core::Checked Workspace::bytes_needed(const Spec& spec, Side side, int tokens, int logit_rows) {
  // Widths are bounded by the Spec's check, so that only the number of rows can be too many.
  const core::Checked rows = core::Checked(tokens) + logit_rows;
  if (!rows.at_most(std::int64_t{1} << 20)) return core::Checked(-1);
  Workspace counter;
  counter.carve(counter.arena_, spec, side, tokens, logit_rows);
  return counter.arena_.used();
}

bool Workspace::allocate(const Spec& spec, Side side, int tokens, int logit_rows) {
  const core::Checked bytes = bytes_needed(spec, side, tokens, logit_rows);
  if (!bytes.fits_memory() || !arena_.allocate(bytes.value())) return false;
  carve(arena_, spec, side, tokens, logit_rows);
  return true;
}

}  // namespace linnet::model
