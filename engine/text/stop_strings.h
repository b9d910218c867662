#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace linnet::text {

// Watches a stream of bytes for strings that end it. Whatever may still become one of them is held
// back, so the reader never sees the beginning of a stop string that is then completed. Of several
// the one that is complete first counts, and of those complete at the same byte the longest.
class StopStrings {
 public:
  // None of them is empty.
  explicit StopStrings(std::vector<std::string> strings);

  // The text that is now certain. Empty after a stop.
  std::string push(std::string_view bytes);
  // The text that was held back when the stream ends without a stop.
  std::string finish();

  // A stop string is complete; neither it nor what followed it was given out.
  bool stopped() const { return stopped_; }

 private:
  std::size_t complete() const;
  std::size_t possible() const;

  std::vector<std::string> strings_;
  std::string held_;  // the longest end of the stream that begins a stop string
  bool stopped_ = false;
};

}  // namespace linnet::text
