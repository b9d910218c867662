#include "engine/model/feed_forward.h"

namespace linnet::model {

void FeedForward::operator()(core::Mat y, const ops::Input& x, const Step& step) const {
  const Workspace& ws = *step.ws;
  const core::Mat raised = ws.up.top(x.x.rows);
  core::Mat hidden = raised;
  if (gated) {
    hidden = ws.gate.top(x.x.rows);
    ops::linear({{hidden, &gate}, {raised, &up}}, x, step.team);
  } else {
    ops::linear({{raised, &up}}, x, step.team);
    step.show("up", layer, raised);
  }
  const ops::Input activated =
      ops::input(hidden, down.reads_int8(), ws.quantized, step.team, [&](int first, int rows) {
        const core::Mat some = hidden.slice(first, rows);
        if (gated)
          ops::activate_gated(some, raised.slice(first, rows), activation, {});
        else
          ops::activate(some, activation, {});
      });
  step.show("activated", layer, hidden);
  ops::linear({{y, &down}}, activated, step.team);
}

}  // namespace linnet::model
