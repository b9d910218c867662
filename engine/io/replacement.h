#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "engine/io/file.h"

namespace linnet::io {

// A file that takes the place of `path` all at once or not at all. It grows under another name in
// the same folder, <path>.linnet-tmp-<process>, and is renamed when it is whole and on the disk. A
// reader who has the old file open keeps it. A symbolic link at `path` is replaced, not followed.
// At most one replacement of the same path may be under way in a process.
class Replacement {
 public:
  // Removes what killed processes left behind for this path, and claims room for `bytes` bytes.
  // Errors: `path` names something else than a regular file, the folder cannot be written, no room.
  static core::Result<Replacement> begin(const std::string& path, std::int64_t bytes);
  Replacement(Replacement&& other) noexcept
      : path_(std::exchange(other.path_, {})), file_(std::move(other.file_)) {}
  Replacement& operator=(Replacement&&) = delete;
  // Removes the unfinished file; `path` is as it was.
  ~Replacement();

  const File& file() const { return file_; }
  core::Status commit();

 private:
  Replacement(std::string path, File file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;  // empty once committed or moved from
  File file_;
};

// While it lives, this thread meets the file-size limit (RLIMIT_FSIZE) as a failed write and not as
// the signal that ends the process.
class FileSizeLimitAsError {
 public:
  FileSizeLimitAsError();
  ~FileSizeLimitAsError();
  FileSizeLimitAsError(const FileSizeLimitAsError&) = delete;
  FileSizeLimitAsError& operator=(const FileSizeLimitAsError&) = delete;

 private:
  bool was_blocked_ = false;
};

}  // namespace linnet::io
