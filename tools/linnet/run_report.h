#pragma once

#include <cstdint>

#include "engine/generate/generate.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/model_flags.h"
#include "tools/linnet/token_writer.h"

// What commands that write texts say of a run.
namespace linnet::tools {

struct RunNumbers {
  double load_seconds = 0;
  int context = 0;
  std::uint64_t seed = 0;
  generate::Outcome outcome;  // of all answers together
};

// Seconds since some moment.
double seconds_now();

const char* name_of(generate::Finish finish);

// The fields of the event `result` that are about one text.
JsonLine result_event(const TokenWriter& writer, const generate::Outcome& outcome);

// The event `stats`.
JsonLine stats_event(const RunNumbers& numbers, const ModelFlags& model);
// The same in a line for people. `shares_screen`: the text before it ends on the same screen.
std::string report_line(const RunNumbers& numbers, const ModelFlags& model, bool shares_screen);

}  // namespace linnet::tools
