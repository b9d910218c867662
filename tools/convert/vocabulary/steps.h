#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.h"
#include "tools/convert/config.h"
#include "tools/convert/json.h"

namespace linnet::convert {

// What reading the steps of a tokenizer.json has in common: their fields, and how they are refused.
class Steps {
 public:
  Steps(const std::string& file, const std::vector<std::string>& ignored)
      : file_(file), ignored_(ignored) {}

  core::Error refused(std::string_view what) const {
    return {core::Fault::unsupported,
            core::say(file_, ": ", what, ", which this version does not support")};
  }
  core::Error refused(const char* part, const std::string& type) const {
    return refused(core::say("its ", part, " has the step '", shown(type), "'"));
  }
  Config fields(const Json& json, const char* part) const {
    Config config(json, core::say(file_, ": ", part), ignored_);
    config.harmless("type");
    return config;
  }
  const std::string& file() const { return file_; }

 private:
  const std::string& file_;
  const std::vector<std::string>& ignored_;
};

}  // namespace linnet::convert
