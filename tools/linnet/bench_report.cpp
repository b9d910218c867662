#include "tools/linnet/bench_report.h"

#include <vector>

#include "engine/core/processors.h"
#include "tools/common/numbers.h"
#include "tools/linnet/json_line.h"

namespace linnet::tools {
namespace {

using core::say;

// What limits a row, in its unit.
struct Limited {
  Limited(const Timing& timing, const Limits& limits)
      : rate(timing.amount / limits.seconds(timing.work)),
        percent(100 * timing.median() / rate),
        reason(limits.reason(timing.work)) {}

  double rate, percent;
  const char* reason;
};

std::string markdown(const Timing& t, const Limited& limit) {
  return say("| ", t.name, " | ", t.kernels, " | ", t.threads, " | ",
             t.processors.empty() ? "any" : core::describe_processors(t.processors), " | ",
             show_fixed(t.median(), 1), " | ", show_fixed(t.slowest(), 1), " | ",
             show_fixed(t.fastest(), 1), " | ", show_fixed(limit.percent, 0), " | ", limit.reason,
             " |\n");
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields)
    line += (&field == &fields[0] ? "" : ",") + csv_field(field);
  return line + "\n";
}

std::string csv(const Timing& t, const Limits& limits, const Limited& limit,
                const BenchReport::Subject& subject) {
  return csv_line({t.name, t.kernels, std::to_string(t.threads), t.unit + "/s",
                   show_number(t.median()), show_number(t.slowest()), show_number(t.fastest()),
                   std::to_string(t.seconds.size()), show_number(limit.rate), limit.reason,
                   show_number(limit.percent), show_number(limits.bandwidth),
                   show_number(limits.i8), show_number(limits.i4), show_number(limits.f32),
                   subject.name, subject.name.empty() ? "" : std::to_string(subject.parameters),
                   core::describe_processors(t.processors)});
}

std::string numbers(const std::vector<int>& processors) {
  JsonArray array;
  for (const int processor : processors) array.add(std::to_string(processor));
  return array.array();
}

std::string json(const Timing& t, const Limits& limits, const Limited& limit,
                 const BenchReport::Subject& subject) {
  JsonLine line;
  line.add("event", "timing").add("test", t.name).add("kernels", t.kernels);
  line.add("threads", t.threads).add("unit", t.unit + "/s").add("median", t.median());
  line.add("slowest", t.slowest()).add("fastest", t.fastest());
  line.add("repeats", t.seconds.size()).add("limit", limit.rate).add("limited_by", limit.reason);
  line.add("percent_of_limit", limit.percent).add("bytes_per_second", limits.bandwidth);
  line.add("int8_per_second", limits.i8).add("int4_per_second", limits.i4);
  line.add("f32_per_second", limits.f32);
  line.raw("processors", numbers(t.processors));
  if (!subject.name.empty()) line.add("model", subject.name).add("parameters", subject.parameters);
  return line.line();
}

std::string json_of(const BoardState& state) {
  JsonArray megahertz;
  for (const double value : state.megahertz) megahertz.add(json_number(value));
  JsonArray zones;
  for (const BoardState::Zone& zone : state.zones)
    zones.add(JsonLine().add("zone", zone.name).add("celsius", zone.celsius).object());
  return JsonLine().raw("megahertz", megahertz.array()).raw("temperatures", zones.array()).object();
}

}  // namespace

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

void BenchReport::heading(const std::string& unit) {
  if (format_ == Format::markdown)
    out_.write(say("| test | kernels | threads | processors | ", unit,
                   " | slowest | fastest | % of limit | limit |\n",
                   "| --- | --- | ---: | --- | ---: | ---: | ---: | ---: | --- |\n"));
  if (format_ == Format::csv)
    out_.write(
        csv_line({"test", "kernels", "threads", "unit", "median", "slowest", "fastest", "repeats",
                  "limit", "limited_by", "percent_of_limit", "bytes_per_second", "int8_per_second",
                  "int4_per_second", "f32_per_second", "model", "parameters", "processors"}));
  out_.flush();
}

void BenchReport::row(const Timing& timing, const Limits& limits) {
  const Limited limit(timing, limits);
  switch (format_) {
    case Format::markdown:
      out_.write(markdown(timing, limit));
      break;
    case Format::csv:
      out_.write(csv(timing, limits, limit, subject_));
      break;
    case Format::json:
      out_.write(json(timing, limits, limit, subject_));
      break;
  }
  out_.flush();
}

void BenchReport::machine(const BoardState& before, const BoardState& after) {
  if (format_ != Format::json || (before.empty() && after.empty())) return;
  out_.write(JsonLine()
                 .add("event", "machine")
                 .raw("before", json_of(before))
                 .raw("after", json_of(after))
                 .line());
}

}  // namespace linnet::tools
