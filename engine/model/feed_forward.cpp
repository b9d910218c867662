#include "engine/model/feed_forward.h"

namespace linnet::model {

void FeedForward::operator()(core::Mat y, core::Mat x, const Step& step) const {
  const Workspace& ws = *step.ws;
  const core::Mat raised = ws.up.top(x.rows);
  core::Mat hidden = raised;
  if (gated) {
    hidden = ws.gate.top(x.rows);
    const ops::Input in = ops::input(x, {&gate, &up}, ws.quantized, step.team);
    ops::linear({{hidden, &gate}, {raised, &up}}, in, step.team);
    ops::activate_gated(hidden, raised, activation, step.team);
  } else {
    ops::linear({{raised, &up}}, ops::input(x, {&up}, ws.quantized, step.team), step.team);
    step.show("up", layer, raised);
    ops::activate(hidden, activation, step.team);
  }
  step.show("activated", layer, hidden);
  ops::linear({{y, &down}}, ops::input(hidden, {&down}, ws.quantized, step.team), step.team);
}

}  // namespace linnet::model
