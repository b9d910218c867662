#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "engine/core/result.h"

namespace linnet::convert {

// What makes a file the same file, under whatever name or link.
struct FileId {
  std::uint64_t device = 0, inode = 0;
  bool operator==(const FileId&) const = default;
};

// An open regular file that is read in pieces. Not mapped: a checkpoint may be larger than the
// address space of a 32-bit machine, and a file that shrinks under us gives a sentence, not a
// signal.
class InputFile {
 public:
  // Errors: io.
  static core::Result<InputFile> open(const std::string& path);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;
  ~InputFile();

  const std::string& path() const { return path_; }
  std::int64_t size() const { return size_; }
  FileId id() const { return id_; }

  // Fills `to` with the bytes from `offset` on. Errors: io, also where the file ends before.
  core::Status read(std::int64_t offset, std::span<std::byte> to) const;

 private:
  InputFile() = default;

  int handle_ = -1;
  std::string path_;
  std::int64_t size_ = 0;
  FileId id_;
};

// The whole of a file of at most `limit` bytes. Errors: io, limit.
core::Result<std::string> read_text(const InputFile& file, std::int64_t limit);

}  // namespace linnet::convert
