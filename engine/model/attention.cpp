#include "engine/model/attention.h"

#include <cassert>

#include "engine/ops/alignment.h"

namespace linnet::model {

void SelfAttention::operator()(core::Mat y, const ops::Input& in, const Step& step) const {
  const Workspace& ws = *step.ws;
  const core::Mat x = in.x;
  const PageLayout& layout = *step.layout;
  const int first = x.rows - y.rows;
  const core::Mat q = ws.queries.top(y.rows);
  const core::Mat k = ws.keys_of(layout, x.rows), v = ws.values_of(layout, x.rows);
  if (first == 0) {
    ops::linear({{q, &to.query}, {k, &to.key}, {v, &to.value}}, in, step.team);
  } else {
    ops::linear({{k, &to.key}, {v, &to.value}}, in, step.team);
    if (y.rows > 0) ops::linear({{q, &to.query}}, in.from(first), step.team);
  }
  step.show("query", layer, q);
  step.show("key", layer, k);
  step.show("value", layer, v);
  if (query_norm) ops::normalize_heads(q, layout.d_head, query_norm, step.team);
  if (key_norm) ops::normalize_heads(k, layout.d_head, key_norm, step.team);
  if (rotary) {
    const ops::Rotation& rotation = window_rotary ? ws.window_rotation : ws.rotation;
    ops::rotate(q, layout.d_head, rotation.of(first, y.rows), step.team);
    ops::rotate(k, layout.d_head, rotation.of(0, x.rows), step.team);
  }
  ops::store_keys_values(step.runs, k, v, layout, cache_layer, step.team);
  if (y.rows == 0) return;
  assert(first == 0 || step.runs.size() == 1);
  const ops::Run last = step.runs[0].last(y.rows);
  const core::Mat attended = ws.attended.top(y.rows);
  ops::attend(attended, q, first == 0 ? step.runs : std::span(&last, 1), layout, cache_layer,
              scores, step.bias, step.team);
  step.show("attended", layer, attended);
  ops::linear({{y, &to.out}}, ops::input(attended, {&to.out}, ws.quantized, step.team), step.team);
}

void CrossAttention::remember(core::Mat memory, const Step& step) const {
  const Workspace& ws = *step.ws;
  const PageLayout& layout = *step.memory_layout;
  const core::Mat k = ws.keys_of(layout, memory.rows), v = ws.values_of(layout, memory.rows);
  const ops::Input in = ops::input(memory, {&to.key, &to.value}, ws.quantized, step.team);
  ops::linear({{k, &to.key}, {v, &to.value}}, in, step.team);
  ops::store_keys_values(step.memory, k, v, layout, layer, step.team);
}

void CrossAttention::operator()(core::Mat y, const ops::Input& in, const Step& step) const {
  const Workspace& ws = *step.ws;
  const core::Mat q = ws.queries.top(in.x.rows), attended = ws.attended.top(in.x.rows);
  ops::linear({{q, &to.query}}, in, step.team);
  ops::attend(attended, q, step.memory, *step.memory_layout, layer, scores, {}, step.team);
  step.show("cross_attended", layer, attended);
  if (step.alignment != nullptr && step.alignment->layer == layer)
    ops::align(step.alignment->weights, q, step.alignment->heads, step.memory, *step.memory_layout,
               layer, scores, step.team);
  ops::linear({{y, &to.out}}, ops::input(attended, {&to.out}, ws.quantized, step.team), step.team);
}

}  // namespace linnet::model
