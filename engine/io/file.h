#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/core/result.h"

// The operating system's files, as far as Linnet needs them.
namespace linnet::io {

// "cannot <what> <path>: <what errno means>". `number` is an errno.
core::Error os_error(std::string_view what, const std::string& path, int number);

// An open file descriptor, closed in the end.
class File {
 public:
  // Takes the flags and the mode of open(2); close-on-exec is added.
  static core::Result<File> open(const std::string& path, int flags, unsigned mode = 0);
  File(File&& other) noexcept
      : path_(std::move(other.path_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        needed_(other.needed_) {}
  File& operator=(File&&) = delete;
  ~File();

  const std::string& path() const { return path_; }
  int descriptor() const { return descriptor_; }

  // The length of a regular file; an Error for anything else.
  core::Result<std::int64_t> regular_size() const;
  // Fills all of `into` from the present place; an Error also if the file ends before.
  core::Status read(std::span<std::byte> into) const;
  core::Status write(std::span<const std::byte> from) const;
  core::Status seek(std::int64_t offset) const;
  // Claims room on the disk for `bytes` bytes, where the file system can. Sentences about failed
  // writes then say how much was needed.
  core::Status reserve(std::int64_t bytes);
  // Returns when the contents are on the disk.
  core::Status sync() const;

 private:
  File(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  core::Error failed_write(int number) const;

  std::string path_;
  int descriptor_ = -1;
  std::int64_t needed_ = 0;  // bytes; 0 if nobody said
};

// Whether both paths lead to one existing file (device and inode), be it through links.
bool same_file(const std::string& a, const std::string& b);

}  // namespace linnet::io
