#include "tools/linnet/run_report.h"

#include <chrono>

#include "kernels/kernels.h"
#include "tools/common/memory.h"
#include "tools/common/numbers.h"

namespace linnet::tools {

using core::say;
using generate::Finish;

namespace {

double rate(int tokens, double seconds) { return seconds > 0 ? tokens / seconds : 0; }

}  // namespace

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

const char* name_of(Finish finish) {
  switch (finish) {
    case Finish::length:
      return "length";
    case Finish::end_token:
      return "end";
    case Finish::stopped:
      return "stop";
    case Finish::context_full:
      return "context";
    case Finish::cancelled:
      return "cancelled";
  }
  return "";
}

JsonLine result_event(const TokenWriter& writer, const generate::Outcome& outcome) {
  JsonLine line;
  line.add("event", "result").add("text", writer.text()).raw("ids", json_ids(writer.ids()));
  line.add("finish", name_of(outcome.finish)).add("prompt_tokens", outcome.prompt_tokens);
  line.add("tokens", outcome.tokens);
  return line;
}

JsonLine stats_event(const RunNumbers& numbers, const ModelFlags& model) {
  const generate::Outcome& o = numbers.outcome;
  JsonLine line;
  line.add("event", "stats").add("load_ms", numbers.load_seconds * 1000);
  line.add("prompt_tokens", o.prompt_tokens)
      .add("prompt_tokens_per_second", rate(o.prompt_tokens, o.prompt_seconds));
  line.add("tokens", o.tokens).add("tokens_per_second", rate(o.steps, o.generation_seconds));
  line.add("peak_bytes", peak_memory()).add("kernels", kernels::active().name);
  line.add("threads", model.threads).add("context", numbers.context);
  line.add("seed", numbers.seed);
  return line;
}

std::string report_line(const RunNumbers& numbers, const ModelFlags& model, bool shares_screen) {
  const generate::Outcome& o = numbers.outcome;
  const double generation_rate = rate(o.steps, o.generation_seconds);
  return say(shares_screen ? "\n" : "", "load ", show_fixed(numbers.load_seconds * 1000, 1),
             " ms, prompt ", o.prompt_tokens, " tokens at ",
             show_fixed(rate(o.prompt_tokens, o.prompt_seconds), 1), "/s, generated ", o.tokens,
             o.tokens == 1 ? " token" : " tokens",
             o.steps > 0 ? say(" at ", show_fixed(generation_rate, 1), "/s") : "", ", peak memory ",
             show_bytes(peak_memory()), ", kernels ", kernels::active().name, ", threads ",
             model.threads, ", seed ", numbers.seed, "\n");
}

}  // namespace linnet::tools
