#include "tools/common/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace linnet::tools {
namespace {

constexpr std::size_t kBuffer = 1 << 16;

// Writes all of it; 0 or the errno of what went wrong.
int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

Output::Output(int descriptor, std::string name)
    : descriptor_(descriptor), name_(std::move(name)) {}

Output::~Output() { (void)close(); }

core::Status Output::redirect(const std::string& path) {
  const int opened = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (opened < 0)
    return core::Error{core::Fault::io,
                       core::say(path, " cannot be written: ", std::strerror(errno))};
  if (const core::Status closed = close(); !closed) {
    ::close(opened);
    return closed.error();
  }
  descriptor_ = opened;
  name_ = path;
  return core::Done{};
}

void Output::write(std::string_view bytes) {
  if (failed()) return;
  buffer_ += bytes;
  if (buffer_.size() >= kBuffer) flush();
}

void Output::flush() {
  if (!failed() && !buffer_.empty()) failure_ = write_all(descriptor_, buffer_);
  buffer_.clear();
}

core::Status Output::close() {
  flush();
  if (descriptor_ >= 0 && ::close(std::exchange(descriptor_, -1)) != 0 && !failed())
    failure_ = errno;
  if (!failed() || reader_left()) return core::Done{};
  return core::Error{core::Fault::io,
                     core::say(name_, " cannot be written: ", std::strerror(failure_))};
}

bool Output::reader_left() const { return failure_ == EPIPE; }

bool same_file(const std::string& a, const std::string& b) {
  struct stat first = {}, second = {};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

void tell(std::string_view bytes) { (void)write_all(STDERR_FILENO, bytes); }

}  // namespace linnet::tools
