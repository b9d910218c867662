#include "engine/model/attention.h"

namespace linnet::model {

void SelfAttention::operator()(core::Mat y, core::Mat x, const Step& step) const {
  const Workspace& ws = *step.ws;
  const PageLayout& layout = *step.layout;
  const core::Mat q = ws.queries.top(x.rows), k = ws.keys.top(x.rows), v = ws.values.top(x.rows);
  const ops::Input in = ops::input(x, {&query, &key, &value}, ws.quantized, step.team);
  ops::linear({{q, &query}, {k, &key}, {v, &value}}, in, step.team);
  step.show("query", layer, q);
  step.show("key", layer, k);
  step.show("value", layer, v);
  if (rotary) {
    ops::rotate(q, layout.d_head, ws.rotation_of(x.rows), step.team);
    ops::rotate(k, layout.d_head, ws.rotation_of(x.rows), step.team);
  }
  ops::store_keys_values(step.runs, k, v, layout, layer, step.team);
  const core::Mat attended = ws.attended.top(x.rows);
  ops::attend(attended, q, step.runs, layout, layer, scores, step.team);
  step.show("attended", layer, attended);
  ops::linear({{y, &out}}, ops::input(attended, {&out}, ws.quantized, step.team), step.team);
}

}  // namespace linnet::model
