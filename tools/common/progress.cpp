#include "tools/common/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "tools/common/output.h"

namespace linnet::tools {
namespace {

constexpr int kBar = 30;  // characters
constexpr std::string_view kEraseLine = "\r\x1b[K";

std::string line(const std::string& label, std::int64_t done, std::int64_t total) {
  const double part = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0;
  const double bounded = std::clamp(part, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(bounded * kBar);
  return label + " [" + std::string(filled, '#') + std::string(kBar - filled, ' ') + "] " +
         std::to_string(static_cast<int>(bounded * 100)) + " %";
}

}  // namespace

bool decorated_terminal() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  if (no_color != nullptr && *no_color != '\0') return false;
  if (term != nullptr && std::string_view(term) == "dumb") return false;
  return isatty(STDERR_FILENO) == 1;
}

Progress::Progress(std::string label, std::int64_t total, bool quiet)
    : label_(std::move(label)),
      total_(total),
      enabled_(!quiet && decorated_terminal()),
      next_(Clock::now() + std::chrono::seconds(1)) {}

void Progress::update(std::int64_t done) {
  if (!enabled_) return;
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  shown_ = true;
  tell(std::string(kEraseLine) + line(label_, done, total_));
}

void Progress::finish() {
  if (std::exchange(shown_, false)) tell(kEraseLine);
  enabled_ = false;
}

}  // namespace linnet::tools
