#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/scratch.h"
#include "tests/support/slow.h"
#include "tests/tools/linnet/program.h"

namespace linnet::support {

// Whether the peak memory of a run says something: shared libraries, sanitizers and emulators take
// memory of their own.
inline bool peaks_are_ours() {
  return !kEmulated && contents(LINNET_BINARY_DIR "/linnet").find("/ld-linux") == std::string::npos;
}

// What the last of the events says, which is the report.
inline std::int64_t reported_peak(const std::string& events) {
  const std::size_t last = events.rfind('\n', events.size() - 2);
  return nlohmann::json::parse(events.substr(last + 1))["peak_bytes"].get<std::int64_t>();
}

// The largest memory of one run, or nothing where it says little.
inline std::optional<std::int64_t> peak_of(std::vector<std::string> call) {
  if (!peaks_are_ours()) return std::nullopt;
  call.push_back("--json");
  const Ended ended = run("linnet", call, {.input = ""});
  REQUIRE(ended.code == 0);
  return reported_peak(ended.out);
}

}  // namespace linnet::support
