#include "engine/io/replacement.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string_view>

namespace linnet::io {
namespace {

constexpr std::string_view kMark = ".linnet-tmp-";

struct Target {
  std::string folder, name;
};

Target target_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

// The process that writes, or wrote, an unfinished file called `entry` for the target `name`; 0 if
// `entry` is something else.
pid_t writer_of(std::string_view entry, std::string_view name) {
  if (!entry.starts_with(name)) return 0;
  entry.remove_prefix(name.size());
  if (!entry.starts_with(kMark)) return 0;
  entry.remove_prefix(kMark.size());
  pid_t process = 0;
  const auto [end, error] = std::from_chars(entry.data(), entry.data() + entry.size(), process);
  const bool whole = error == std::errc() && end == entry.data() + entry.size();
  return whole && process > 0 ? process : 0;
}

// Our own number counts as ended: whoever had it before us is gone.
bool has_ended(pid_t process) {
  return process == ::getpid() || (::kill(process, 0) == -1 && errno == ESRCH);
}

void remove_leftovers(const Target& target) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(target.folder.c_str()), ::closedir);
  if (folder == nullptr) return;  // creating a file there will tell why
  while (const dirent* entry = ::readdir(folder.get())) {
    const pid_t writer = writer_of(entry->d_name, target.name);
    if (writer != 0 && has_ended(writer)) ::unlinkat(::dirfd(folder.get()), entry->d_name, 0);
  }
}

// An Error if something stands at `path` that a file must not replace.
core::Status replaceable(const std::string& path) {
  struct stat status;
  if (target_of(path).name.empty())
    return core::Error{core::Fault::io, core::say("'", path, "' does not name a file")};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return core::Error{core::Fault::io,
                       core::say("cannot write ", path, ": it is not a regular file")};
  return core::Done{};
}

std::string temporary_name(const std::string& path) { return core::say(path, kMark, ::getpid()); }

}  // namespace

core::Result<Replacement> Replacement::begin(const std::string& path, std::int64_t bytes) {
  if (const core::Status allowed = replaceable(path); !allowed) return allowed.error();
  remove_leftovers(target_of(path));
  core::Result<File> file =
      File::open(temporary_name(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
  if (!file) return file.error();
  Replacement replacement(path, std::move(*file));
  if (const core::Status room = replacement.file_.reserve(bytes); !room) return room.error();
  return replacement;
}

Replacement::~Replacement() {
  if (!path_.empty()) ::unlink(file_.path().c_str());
}

core::Status Replacement::commit() {
  if (const core::Status synced = file_.sync(); !synced) return synced;
  if (std::rename(file_.path().c_str(), path_.c_str()) != 0)
    return os_error("replace", path_, errno);
  const std::string folder = target_of(path_).folder;
  path_.clear();
  // The new name must survive a power cut too.
  const core::Result<File> opened = File::open(folder, O_RDONLY | O_DIRECTORY);
  if (!opened) return opened.error();
  return opened->sync();
}

FileSizeLimitAsError::FileSizeLimitAsError() {
  sigset_t limit, before;
  ::sigemptyset(&limit);
  ::sigaddset(&limit, SIGXFSZ);
  ::pthread_sigmask(SIG_BLOCK, &limit, &before);
  was_blocked_ = ::sigismember(&before, SIGXFSZ) == 1;
}

FileSizeLimitAsError::~FileSizeLimitAsError() {
  if (was_blocked_) return;
  sigset_t limit;
  ::sigemptyset(&limit);
  ::sigaddset(&limit, SIGXFSZ);
  const timespec at_once = {};
  while (::sigtimedwait(&limit, nullptr, &at_once) == SIGXFSZ) {
  }
  ::pthread_sigmask(SIG_UNBLOCK, &limit, nullptr);
}

}  // namespace linnet::io
