#include "engine/model/transformer.h"

#include <cassert>
#include <cstring>

#include "engine/model/relative_bucket.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/embed.h"
#include "engine/ops/share.h"

namespace linnet::model {

void Transformer::forward(std::span<const int> tokens, int wanted, const Step& step) const {
  const int rows = static_cast<int>(tokens.size());
  assert(rows <= step.ws->x.rows && wanted <= rows);
  embed(tokens, {}, spec_.decoder, decoder_, step);
  const core::Mat x = step.ws->x.top(rows);
  // Whole tiles of rows that nobody wants; a watcher sees all.
  const bool watched = step.watch != nullptr && *step.watch;
  const int unwanted = watched       ? 0
                       : wanted == 0 ? rows
                                     : (rows - wanted) / kernels::kTile * kernels::kTile;
  for (const Block& block : decoder_.blocks)
    block.forward(x, &block == &decoder_.blocks.back() ? unwanted : 0, step);
  step.team.meet();
}

void Transformer::encode(std::span<const int> tokens, const Step& step) const {
  assert(static_cast<int>(tokens.size()) <= step.ws->x.rows);
  embed(tokens, {}, spec_.encoder, encoder_, step);
  const core::Mat x = step.ws->x.top(static_cast<int>(tokens.size()));
  for (int layer = 0; layer < spec_.encoder.layers; ++layer) {
    encoder_.blocks[static_cast<std::size_t>(layer)].forward(x, 0, step);
    remember(layer, x, step);
  }
  step.team.meet();
}

// Hands the output x of an encoder layer to the decoder layers that read it.
void Transformer::remember(int layer, core::Mat x, const Step& step) const {
  const int last = spec_.encoder.layers - 1;
  const CrossMemory which = spec_.decoder.cross_memory;
  if (which == CrossMemory::last && layer < last) return;
  core::Mat memory = x;
  if (encoder_.final_norm) {
    memory = step.ws->normed.top(x.rows);
    ops::normalize(memory, x, encoder_.final_norm, step.team);
  }
  step.show("memory", layer, memory);
  if (which == CrossMemory::weighted) mix(layer, memory, step);
  for (const Block& block : decoder_.blocks) {
    if (which == CrossMemory::weighted) {
      if (layer == last) block.cross->remember(step.ws->mixed_of(block.layer, x.rows), step);
    } else if (which == CrossMemory::last ||
               layer == (which == CrossMemory::same ? block.layer : last - block.layer)) {
      block.cross->remember(memory, step);
    }
  }
}

// Adds one encoder layer to the sums that decoder layers read: sum over e of mix[d][e] memory[e],
// in order of e.
void Transformer::mix(int layer, core::Mat memory, const Step& step) const {
  const core::Mat scaled = step.ws->branch.top(memory.rows);
  const auto columns = static_cast<std::size_t>(memory.cols) * sizeof(float);
  for (const Block& block : decoder_.blocks) {
    const core::Mat sum = step.ws->mixed_of(block.layer, memory.rows);
    ops::for_own_rows(step.team, memory.rows, [&](int r) {
      if (layer == 0) std::memset(sum.row(r), 0, columns);
      std::memcpy(scaled.row(r), memory.row(r), columns);
    });
    ops::scale(scaled,
               cross_mix_[static_cast<std::size_t>(block.layer * spec_.encoder.layers + layer)],
               step.team);
    ops::add(sum, scaled, step.team);
  }
}

void Transformer::fill_position_bias(Side side, int span, float* to) const {
  const bool encoder = side == Side::encoder;
  const Stack& s = encoder ? spec_.encoder : spec_.decoder;
  const core::Weight& table = encoder ? encoder_.relative : decoder_.relative;
  if (s.position == Position::linear_bias) {
    for (const float slope : s.linear_bias)
      for (int distance = 1 - span; distance < span; ++distance)
        *to++ = slope * static_cast<float>(distance);
    return;
  }
  std::vector<float> of_bucket(static_cast<std::size_t>(s.relative_buckets));
  for (int head = 0; head < s.heads; ++head) {
    ops::unpack_row(of_bucket.data(), table, head);
    for (int distance = 1 - span; distance < span; ++distance)
      *to++ = of_bucket[static_cast<std::size_t>(
          relative_bucket(distance, encoder, s.relative_buckets, s.relative_distance))];
  }
}

void Transformer::logits(int first_row, int rows, const Step& step) const {
  const Workspace& ws = *step.ws;
  assert(rows <= ws.logits.rows);
  const core::Mat normed = ws.normed.top(rows), x = ws.x.slice(first_row, rows);
  const core::Mat y = ws.logits.top(rows);
  core::Mat hidden = x;
  if (decoder_.final_norm) {
    ops::normalize(normed, x, decoder_.final_norm, step.team);
    hidden = normed;
    step.show("final_norm", -1, normed);
  }
  ops::linear({{y, &head_}}, ops::input(hidden, {&head_}, ws.quantized, step.team), step.team);
  if (spec_.logit_scale != 1.0f) ops::scale(y, spec_.logit_scale, step.team);
  if (spec_.logit_soft_cap > 0.0f) ops::soft_cap(y, spec_.logit_soft_cap, step.team);
  step.team.meet();
}

}  // namespace linnet::model
