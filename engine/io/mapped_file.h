#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "engine/core/result.h"

namespace linnet::io {

enum class Access {
  map,   // the file is the memory; pages are read when they are first touched
  read,  // a copy in memory, read at once
};

// The bytes of a regular file that is not empty, aligned to a page, unchanging and readable as long
// as the object lives, also if the path comes to name another file. (A file that is changed or cut
// short in place does show through a mapping: see mapping_guard.h.)
class MappedFile {
 public:
  // Errors, naming the path: io, if it cannot be opened or read or is no regular file; corrupt, if
  // it is empty; limit, if it does not fit into the address space or the memory.
  static core::Result<std::shared_ptr<const MappedFile>> open(const std::string& path,
                                                              Access access = Access::map);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {begin_, size_}; }
  // Reads every page now, in order, instead of when it is first touched.
  void warm() const;

 private:
  MappedFile(std::string path, std::byte* begin, std::size_t size);

  std::string path_;
  std::byte* begin_;
  std::size_t size_;
  int guarded_as_ = -1;
};

}  // namespace linnet::io
