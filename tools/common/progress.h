#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace linnet::tools {

// One line on standard error that shows how far something long has come: only on a terminal, only
// once a second has passed, at most ten times a second, and never with `quiet`, with NO_COLOR or
// with TERM=dumb in the environment. Gone when done.
class Progress {
 public:
  // `total` counts whatever `update` counts.
  Progress(std::string label, std::int64_t total, bool quiet);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { finish(); }

  void update(std::int64_t done);
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  std::string label_;
  std::int64_t total_;
  bool enabled_, shown_ = false;
  Clock::time_point next_;  // nothing is drawn before
};

// Whether standard error may be decorated.
bool decorated_terminal();

}  // namespace linnet::tools
