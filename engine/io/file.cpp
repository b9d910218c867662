#include "engine/io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace linnet::io {
namespace {

static_assert(sizeof(off_t) == 8);

constexpr std::size_t kPiece = std::size_t{1} << 30;  // read(2) and write(2) stop below 2 GB

// Calls `once` until it is not interrupted by a signal.
template <class Call>
auto retried(const Call& once) {
  auto result = once();
  while (result == -1 && errno == EINTR) result = once();
  return result;
}

}  // namespace

core::Error os_error(std::string_view what, const std::string& path, int number) {
  return {core::Fault::io,
          core::say("cannot ", what, " ", path, ": ", std::generic_category().message(number))};
}

core::Result<File> File::open(const std::string& path, int flags, unsigned mode) {
  const int descriptor = retried([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
  if (descriptor == -1) return os_error((flags & O_CREAT) != 0 ? "create" : "open", path, errno);
  return File(path, descriptor);
}

File::~File() {
  if (descriptor_ != -1) ::close(descriptor_);
}

core::Result<std::int64_t> File::regular_size() const {
  struct stat status;
  if (::fstat(descriptor_, &status) == -1) return os_error("examine", path_, errno);
  if (S_ISDIR(status.st_mode)) return core::Error{core::Fault::io, path_ + " is a folder"};
  if (!S_ISREG(status.st_mode))
    return core::Error{core::Fault::io, path_ + " is not a regular file"};
  return std::int64_t{status.st_size};
}

core::Status File::read(std::span<std::byte> into) const {
  while (!into.empty()) {
    const ssize_t got =
        retried([&] { return ::read(descriptor_, into.data(), std::min(into.size(), kPiece)); });
    if (got == -1) return os_error("read", path_, errno);
    if (got == 0)
      return core::Error{core::Fault::io, path_ + " became shorter while it was being read"};
    into = into.subspan(static_cast<std::size_t>(got));
  }
  return core::Done{};
}

core::Status File::write(std::span<const std::byte> from) const {
  while (!from.empty()) {
    const ssize_t put =
        retried([&] { return ::write(descriptor_, from.data(), std::min(from.size(), kPiece)); });
    if (put == -1) return failed_write(errno);
    from = from.subspan(static_cast<std::size_t>(put));
  }
  return core::Done{};
}

core::Error File::failed_write(int number) const {
  core::Error error = os_error("write", path_, number);
  if (needed_ > 0) error.sentence += core::say(" (", needed_, " bytes are needed)");
  return error;
}

core::Status File::seek(std::int64_t offset) const {
  if (::lseek(descriptor_, offset, SEEK_SET) == -1) return os_error("seek in", path_, errno);
  return core::Done{};
}

core::Status File::reserve(std::int64_t bytes) {
  needed_ = bytes;
  const int done = retried([&] { return ::fallocate(descriptor_, 0, 0, bytes); });
  // Some file systems cannot; then a full disk shows later, while writing.
  if (done == -1 && errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)
    return failed_write(errno);
  return core::Done{};
}

core::Status File::sync() const {
  // EINVAL: nothing behind this descriptor can be synchronised.
  if (retried([&] { return ::fsync(descriptor_); }) == -1 && errno != EINVAL)
    return failed_write(errno);
  return core::Done{};
}

bool same_file(const std::string& a, const std::string& b) {
  struct stat first, second;
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace linnet::io
