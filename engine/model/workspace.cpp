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
          .sums = arena.carve<std::int32_t>(groups),
          .rows = rows,
          .cols = cols};
}

}  // namespace

void Workspace::carve(core::Arena& arena, const Spec& spec, int tokens, int logit_rows) {
  const Stack& s = spec.decoder;
  const int query_width = s.heads * s.d_head, key_width = s.kv_heads * s.d_head;
  x = carve_mat(arena, tokens, s.d_model);
  normed = carve_mat(arena, tokens, s.d_model);
  branch = carve_mat(arena, tokens, s.d_model);
  queries = carve_mat(arena, tokens, query_width);
  attended = carve_mat(arena, tokens, query_width);
  keys = carve_mat(arena, tokens, key_width);
  values = carve_mat(arena, tokens, key_width);
  up = carve_mat(arena, tokens, s.d_ff);
  if (s.gated) gate = carve_mat(arena, tokens, s.d_ff);
  logits = carve_mat(arena, logit_rows, spec.vocab);
  quantized = carve_rows8(arena, tokens, std::max({s.d_model, query_width, s.d_ff}));
  if (s.position == Position::rotary) {
    const auto pairs = static_cast<int>(s.rotary.frequencies.size());
    rotation = {carve_mat(arena, tokens, pairs), carve_mat(arena, tokens, pairs),
                s.rotary.interleaved};
  }
  positions = arena.carve<int>(tokens);
}

core::Checked Workspace::bytes_needed(const Spec& spec, int tokens, int logit_rows) {
  // Widths are bounded by the Spec's check, so that only the number of rows can be too many.
  const core::Checked rows = core::Checked(tokens) + logit_rows;
  if (!rows.at_most(std::int64_t{1} << 24)) return core::Checked(-1);
  Workspace counter;
  counter.carve(counter.arena_, spec, tokens, logit_rows);
  return counter.arena_.used();
}

bool Workspace::allocate(const Spec& spec, int tokens, int logit_rows) {
  const core::Checked bytes = bytes_needed(spec, tokens, logit_rows);
  if (!bytes.fits_memory() || !arena_.allocate(bytes.value())) return false;
  carve(arena_, spec, tokens, logit_rows);
  return true;
}

}  // namespace linnet::model
