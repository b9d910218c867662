#pragma once

#include <cstdint>
#include <string>

#include "tools/common/output.h"
#include "tools/linnet/bench_limits.h"
#include "tools/linnet/bench_timing.h"
#include "tools/linnet/board.h"

namespace linnet::tools {

// The rows of `bench`: a markdown table, CSV (RFC 4180 but for its ends of lines) or events.
class BenchReport {
 public:
  enum class Format { markdown, csv, json };
  struct Subject {
    std::string name;  // empty for kernels
    std::int64_t parameters = 0;
  };

  BenchReport(Output& out, Format format, Subject subject)
      : out_(out), format_(format), subject_(std::move(subject)) {}

  // `unit` is that of all rows.
  void heading(const std::string& unit);
  void row(const Timing& timing, const Limits& limits);
  // Frequencies and temperatures; only an event.
  void machine(const BoardState& before, const BoardState& after);

 private:
  Output& out_;
  Format format_;
  Subject subject_;
};

// One field of a CSV line: in quotes if it has to be.
std::string csv_field(const std::string& text);

}  // namespace linnet::tools
