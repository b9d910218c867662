#include "tools/convert/checkpoint/file_cursor.h"

#include <algorithm>
#include <cstring>

namespace linnet::convert {

using core::Error;
using core::Fault;
using core::say;

// Most of what is read are numbers of a few bytes: one call of the system for many of them.
constexpr std::int64_t kWindow = 1 << 14;

void FileCursor::refuse(Fault fault, const std::string& what) {
  if (!problem_) problem_ = Error{fault, say(file_, ": ", what)};
}

bool FileCursor::has(std::uint64_t bytes, const std::string& of) {
  if (problem_) return false;
  if (bytes <= static_cast<std::uint64_t>(remaining())) return true;
  refuse(Fault::corrupt, say("the file ends within ", of, " at byte ", at_));
  return false;
}

std::string FileCursor::text(std::uint64_t bytes, const char* of) {
  if (!has(bytes, of)) return {};
  std::string text(static_cast<std::size_t>(bytes), '\0');
  take(std::as_writable_bytes(std::span(text)), of);
  return fine() ? text : std::string();
}

void FileCursor::take(std::span<std::byte> to, const char* of) {
  if (!has(to.size(), of)) return;
  while (!to.empty() && fine()) {
    const std::int64_t within = at_ - window_at_;
    const auto held = static_cast<std::int64_t>(window_.size());
    if (within < 0 || within >= held) {
      fill();
      continue;
    }
    const std::size_t some = std::min(to.size(), static_cast<std::size_t>(held - within));
    std::memcpy(to.data(), window_.data() + within, some);
    to = to.subspan(some);
    at_ += static_cast<std::int64_t>(some);
  }
}

void FileCursor::fill() {
  window_.resize(static_cast<std::size_t>(std::min(kWindow, remaining())));
  window_at_ = at_;
  if (const core::Status got = read_(at_, window_); !got) problem_ = got.error();
}

void FileCursor::skip(std::int64_t bytes, const std::string& of) {
  if (bytes >= 0 && has(static_cast<std::uint64_t>(bytes), of)) at_ += bytes;
}

}  // namespace linnet::convert
