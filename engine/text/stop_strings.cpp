#include "engine/text/stop_strings.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace linnet::text {

StopStrings::StopStrings(std::vector<std::string> strings) : strings_(std::move(strings)) {
  for ([[maybe_unused]] const std::string& string : strings_) assert(!string.empty());
}

// The length of the longest stop string with which the held text ends.
std::size_t StopStrings::complete() const {
  std::size_t length = 0;
  for (const std::string& string : strings_)
    if (held_.ends_with(string)) length = std::max(length, string.size());
  return length;
}

// The length of the longest end of the held text with which a stop string begins.
std::size_t StopStrings::possible() const {
  std::size_t longest = 0;
  for (const std::string& string : strings_) {
    std::size_t length = std::min(held_.size(), string.size() - 1);
    while (length > longest && !held_.ends_with(std::string_view(string).substr(0, length)))
      --length;
    longest = std::max(longest, length);
  }
  return longest;
}

std::string StopStrings::push(std::string_view bytes) {
  std::string certain;
  for (const char byte : bytes) {
    if (stopped_) break;
    held_ += byte;
    const std::size_t stop = complete();
    stopped_ = stop > 0;
    const std::size_t given = held_.size() - (stopped_ ? stop : possible());
    certain.append(held_, 0, given);
    held_.erase(0, given);
    if (stopped_) held_.clear();
  }
  return certain;
}

std::string StopStrings::finish() { return std::exchange(held_, {}); }

}  // namespace linnet::text
