#include "tools/linnet/line_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/core/limits.h"
#include "tools/common/signals.h"
#include "tools/linnet/prompt.h"

namespace linnet::tools {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

Result<LineReader> LineReader::open(const std::string& path) {
  LineReader reader;
  reader.name_ = path == "-" ? "standard input" : path;
  reader.owned_ = path != "-";
  reader.descriptor_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (reader.descriptor_ < 0)
    return Error{Fault::io, say(path, " cannot be opened: ", std::strerror(errno))};
  return reader;
}

LineReader LineReader::of(std::string line) {
  LineReader reader;
  reader.name_ = "the text";
  reader.buffer_ = std::move(line) + "\n";
  reader.ended_ = true;
  return reader;
}

LineReader::LineReader(LineReader&& other) noexcept { *this = std::move(other); }

LineReader& LineReader::operator=(LineReader&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(owned_, other.owned_);
  std::swap(ended_, other.ended_);
  std::swap(name_, other.name_);
  std::swap(buffer_, other.buffer_);
  std::swap(begin_, other.begin_);
  std::swap(searched_, other.searched_);
  std::swap(lines_, other.lines_);
  return *this;
}

LineReader::~LineReader() {
  if (owned_ && descriptor_ >= 0) ::close(descriptor_);
}

Result<LineReader::Got> LineReader::next(std::string& line, bool wait) {
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched_);
    if (end != std::string::npos) return take(line, end - begin_, end + 1);
    searched_ = buffer_.size();
    if (static_cast<std::int64_t>(buffer_.size() - begin_) > core::limits::kPromptBytes)
      return Error{Fault::limit, say(name_, ": line ", lines_ + 1, " has more than the ",
                                     core::limits::kPromptBytes, " bytes that are allowed")};
    if (ended_) {
      if (begin_ == buffer_.size()) return Got::end;
      return take(line, buffer_.size() - begin_, buffer_.size());
    }
    const Result<bool> filled = fill(wait);
    if (!filled) return filled.error();
    if (signals::stop()) return Got::end;
    if (!*filled) return Got::nothing_yet;
  }
}

LineReader::Got LineReader::take(std::string& line, std::size_t length, std::size_t end) {
  line.assign(buffer_, begin_, length);
  if (line.ends_with('\r')) line.pop_back();
  if (lines_ == 0 && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
  begin_ = searched_ = end;
  ++lines_;
  return Got::line;
}

// Reads what there is; false if there is nothing yet.
Result<bool> LineReader::fill(bool wait) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    searched_ -= begin_;
    begin_ = 0;
  }
  // Waits in slices: a signal may come just before the waiting begins.
  constexpr int kSlice = 100;  // milliseconds
  pollfd ready{.fd = descriptor_, .events = POLLIN, .revents = 0};
  while (::poll(&ready, 1, wait ? kSlice : 0) <= 0)
    if (!wait || signals::stop()) return false;
  constexpr std::size_t kPiece = 1 << 16;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kPiece);
  const ssize_t got = ::read(descriptor_, buffer_.data() + before, kPiece);
  buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0 && errno != EINTR)
    return Error{Fault::io, say(name_, " cannot be read: ", std::strerror(errno))};
  if (got == 0) ended_ = true;
  return true;
}

}  // namespace linnet::tools
