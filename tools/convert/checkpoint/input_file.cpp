#include "tools/convert/checkpoint/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::say;

static_assert(sizeof(off_t) == 8);

Error refused(const std::string& path, const char* what) {
  return Error{Fault::io, say(path, ": cannot ", what, ": ", std::strerror(errno))};
}

}  // namespace

core::Result<InputFile> InputFile::open(const std::string& path) {
  InputFile file;
  file.path_ = path;
  // Not blocking: a named pipe must be refused below, not waited for.
  file.handle_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file.handle_ < 0) return refused(path, "open");
  struct stat info {};
  if (::fstat(file.handle_, &info) != 0) return refused(path, "examine");
  if (!S_ISREG(info.st_mode)) return Error{Fault::io, say(path, " is not a regular file")};
  file.size_ = info.st_size;
  file.id_ = {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino)};
  return file;
}

InputFile::InputFile(InputFile&& other) noexcept { *this = std::move(other); }

InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(path_, other.path_);
  std::swap(size_, other.size_);
  std::swap(id_, other.id_);
  return *this;
}

InputFile::~InputFile() {
  if (handle_ >= 0) ::close(handle_);
}

core::Status InputFile::read(std::int64_t offset, std::span<std::byte> to) const {
  constexpr std::size_t kMost = std::size_t{1} << 30;  // one call moves less than 2 GB
  while (!to.empty()) {
    const ssize_t got = ::pread(handle_, to.data(), std::min(to.size(), kMost), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused(path_, "read");
    if (got == 0)
      return Error{Fault::io, say(path_, " ended at byte ", offset, " while it was being read")};
    to = to.subspan(static_cast<std::size_t>(got));
    offset += got;
  }
  return Done{};
}

core::Result<std::string> read_text(const InputFile& file, std::int64_t limit) {
  if (file.size() > limit)
    return Error{Fault::limit, say(file.path(), " has ", file.size(), " bytes, more than the ",
                                   limit, " that are allowed")};
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  if (const core::Status got = file.read(0, std::as_writable_bytes(std::span(text))); !got)
    return got.error();
  return text;
}

}  // namespace linnet::convert
