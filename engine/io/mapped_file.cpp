#include "engine/io/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

#include "engine/core/checked.h"
#include "engine/io/file.h"
#include "engine/io/mapping_guard.h"

namespace linnet::io {
namespace {

core::Error too_large(const std::string& path, std::int64_t size) {
  return {core::Fault::limit,
          core::say(path, " has ", size, " bytes, more than this machine can give")};
}

// Pages of the file, or of its own for a copy; null with errno set.
std::byte* pages(const File& file, std::size_t size, Access access) {
  void* begin =
      access == Access::map
          ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor(), 0)
          : ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return begin == MAP_FAILED ? nullptr : static_cast<std::byte*>(begin);
}

}  // namespace

core::Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::string& path,
                                                                 Access access) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  const core::Result<File> file = File::open(path, O_RDONLY | O_NONBLOCK);
  if (!file) return file.error();
  const core::Result<std::int64_t> size = file->regular_size();
  if (!size) return size.error();
  if (*size == 0) return core::Error{core::Fault::corrupt, path + " is empty"};
  if (!core::Checked(*size).fits_memory()) return too_large(path, *size);

  const auto length = static_cast<std::size_t>(*size);
  std::byte* begin = pages(*file, length, access);
  if (begin == nullptr)
    return errno == ENOMEM ? too_large(path, *size) : os_error("map", path, errno);
  std::shared_ptr<MappedFile> mapped(new MappedFile(path, begin, length));
  if (access == Access::map) {
    mapped->guarded_as_ = guard_mapping(mapped->bytes(), mapped->path_.c_str());
  } else {
    if (const core::Status read = file->read({begin, length}); !read) return read.error();
    ::mprotect(begin, length, PROT_READ);
  }
  return std::shared_ptr<const MappedFile>(std::move(mapped));
}

MappedFile::MappedFile(std::string path, std::byte* begin, std::size_t size)
    : path_(std::move(path)), begin_(begin), size_(size) {}

void MappedFile::warm() const {
  ::madvise(begin_, size_, MADV_WILLNEED);  // only asks for much at a time, and may be refused
  constexpr std::size_t kLeastPage = 4096;
  const volatile std::byte* touched = begin_;
  for (std::size_t at = 0; at < size_; at += kLeastPage) static_cast<void>(touched[at]);
}

MappedFile::~MappedFile() {
  unguard_mapping(guarded_as_);
  ::munmap(begin_, size_);
}

}  // namespace linnet::io
