#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/scratch.h"

namespace linnet::support {

inline std::string golden_metric_path(const std::string& name) {
  return std::string(LINNET_SOURCE_DIR) + "/tests/golden/metrics/" + name;
}

// What sacreBLEU said; see tests/golden/make_metrics_golden.py.
inline const nlohmann::json& golden_metrics() {
  static const auto all = nlohmann::json::parse(contents(golden_metric_path("cases.json")));
  return all;
}

}  // namespace linnet::support
