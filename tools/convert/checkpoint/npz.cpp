#include "tools/convert/checkpoint/npz.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/core/checked.h"
#include "engine/core/limits.h"
#include "tools/common/npy_head.h"
#include "tools/convert/json.h"

// The parts of a zip file as PKWARE's APPNOTE 6.3 names them (sections 4.3.7, 4.3.12, 4.3.16).
namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

constexpr std::int64_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kComment = 0xffff;
constexpr std::uint16_t kStored = 0, kDeflated = 8, kEncrypted = 1;
constexpr std::uint32_t kElsewhere = 0xffffffff;  // sizes that stand in a field of zip64

class Layout {
 public:
  Layout(const ReadBytes& read, std::int64_t file_bytes, const std::string& file)
      : read_(read), size_(file_bytes), file_(file) {}

  Result<std::vector<NpzTensor>> tensors() {
    Status step = find_list();
    if (step) step = read_list();
    for (Entry& entry : entries_)
      if (step) step = place(entry);
    if (step) step = check_apart();
    if (!step) return step.error();
    std::sort(found_.begin(), found_.end(),
              [](const auto& a, const auto& b) { return a.tensor.name < b.tensor.name; });
    for (std::size_t i = 1; i < found_.size(); ++i)
      if (found_[i].tensor.name == found_[i - 1].tensor.name)
        return wrong(Fault::corrupt, "has two files '", shown(found_[i].tensor.name), ".npy'");
    return std::move(found_);
  }

 private:
  struct Entry {
    std::string name;
    std::int64_t offset, bytes;  // of its local header; of its data
    std::int64_t end = 0;        // of its data
  };

  template <class... Parts>
  Error wrong(Fault fault, const Parts&... parts) const {
    return Error{fault, say(file_, " ", parts...)};
  }
  template <class T>
  static T number(std::span<const std::byte> from, std::size_t at) {
    T value{};
    std::memcpy(&value, from.data() + at, sizeof value);
    return value;
  }

  // The record at the end of the file that says where the list of files is.
  Status find_list() {
    std::vector<std::byte> tail(static_cast<std::size_t>(std::min(size_, kEndBytes + kComment)));
    if (const Status got = read_(size_ - std::ssize(tail), tail); !got) return got;
    for (std::int64_t at = std::ssize(tail) - kEndBytes; at >= 0; --at) {
      const auto end = std::span<const std::byte>(tail).subspan(static_cast<std::size_t>(at));
      if (number<std::uint32_t>(end, 0) != 0x06054b50 ||
          number<std::uint16_t>(end, 20) != std::ssize(end) - kEndBytes)
        continue;
      count_ = number<std::uint16_t>(end, 10);
      list_bytes_ = number<std::uint32_t>(end, 12);
      list_ = number<std::uint32_t>(end, 16);
      if (count_ == 0xffff || list_bytes_ == kElsewhere || list_ == kElsewhere)
        return wrong(Fault::unsupported, "is a zip archive of 4 GB and more, or of 65535 files");
      if (number<std::uint32_t>(end, 4) != 0 || number<std::uint16_t>(end, 8) != count_)
        return wrong(Fault::unsupported, "is a part of a zip archive in several files");
      if (list_ + list_bytes_ != size_ - std::ssize(end))
        return wrong(Fault::corrupt, "has a list of files that does not end where it must");
      return core::Done{};
    }
    return wrong(Fault::corrupt, "is not a whole zip archive");
  }

  Status read_list() {
    if (list_bytes_ > core::limits::kHeadBytes)
      return wrong(Fault::limit, "has a list of files of ", list_bytes_, " bytes");
    std::vector<std::byte> list(static_cast<std::size_t>(list_bytes_));
    if (const Status got = read_(list_, list); !got) return got;
    std::span<const std::byte> rest(list);
    for (int i = 0; i < count_; ++i)
      if (const Status got = read_entry(rest); !got) return got;
    if (rest.empty()) return core::Done{};
    return wrong(Fault::corrupt, "has more in its list of files than it says");
  }

  Status read_entry(std::span<const std::byte>& rest) {
    const auto bad = [&] { return wrong(Fault::corrupt, "has a damaged list of files"); };
    if (std::ssize(rest) < kCentralBytes || number<std::uint32_t>(rest, 0) != 0x02014b50)
      return bad();
    const std::size_t name = number<std::uint16_t>(rest, 28),
                      all = std::size_t{kCentralBytes} + name + number<std::uint16_t>(rest, 30) +
                            number<std::uint16_t>(rest, 32);
    if (rest.size() < all) return bad();
    Entry entry{.name = {reinterpret_cast<const char*>(rest.data()) + kCentralBytes, name},
                .offset = number<std::uint32_t>(rest, 42),
                .bytes = number<std::uint32_t>(rest, 20)};
    const std::int64_t unpacked = number<std::uint32_t>(rest, 24);
    const auto method = number<std::uint16_t>(rest, 10), flags = number<std::uint16_t>(rest, 8);
    if (const Status fine = check_name(entry.name); !fine) return fine;
    const auto refuse = [&](const char* why) {
      return wrong(Fault::unsupported, "has '", shown(entry.name), "' ", why);
    };
    if (method == kDeflated)
      return refuse("in compressed form; save it with numpy.savez, not savez_compressed");
    if (method != kStored) return refuse("in a compressed form that is not supported");
    if ((flags & kEncrypted) != 0) return refuse("in encrypted form");
    if (entry.bytes == kElsewhere || unpacked == kElsewhere || entry.offset == kElsewhere)
      return refuse("with 4 GB or more");
    if (unpacked != entry.bytes) return bad();
    entries_.push_back(std::move(entry));
    rest = rest.subspan(all);
    return core::Done{};
  }

  Status check_name(const std::string& name) const {
    if (!name.ends_with(".npy") || name.size() == 4)
      return wrong(Fault::unsupported, "has '", shown(name), "', which is no .npy file");
    if (std::cmp_greater(name.size() - 4, core::limits::kNameBytes) ||
        name.find('\0') != std::string::npos)
      return wrong(Fault::corrupt, "has a file with a name of ", name.size(), " bytes");
    return core::Done{};
  }

  // Follows the list to the file itself, and reads what stands before its numbers.
  Status place(Entry& entry) {
    const auto bad = [&](const auto&... why) {
      return wrong(Fault::corrupt, "has a file '", shown(entry.name), "' ", why...);
    };
    std::array<std::byte, kLocalBytes> local{};
    if (entry.offset > list_ - kLocalBytes) return bad("that is not where it must be");
    if (const Status got = read_(entry.offset, local); !got) return got;
    const std::int64_t name = number<std::uint16_t>(local, 26);
    const std::int64_t data = entry.offset + kLocalBytes + name + number<std::uint16_t>(local, 28);
    if (number<std::uint32_t>(local, 0) != 0x04034b50 ||
        std::cmp_not_equal(name, entry.name.size()) || number<std::uint16_t>(local, 8) != kStored ||
        data > list_ - entry.bytes)
      return bad("that is not where it must be");
    entry.end = data + entry.bytes;
    std::vector<std::byte> start(
        static_cast<std::size_t>(std::min(entry.bytes, tools::kNpyHeadBytes)));
    if (const Status got = read_(data, start); !got) return got;
    const Result<tools::NpyHead> head = tools::read_npy_head(start);
    if (!head)
      return Error{head.error().fault,
                   say(file_, ": '", shown(entry.name), "' ", head.error().sentence)};
    if (head->by_columns && head->shape.size() > 2)
      return wrong(Fault::unsupported, "has '", shown(entry.name),
                   "' with its first index inside; save it as numpy.ascontiguousarray makes it");
    return add(entry, *head, data);
  }

  Status add(const Entry& entry, const tools::NpyHead& head, std::int64_t data) {
    NpzTensor found{.tensor = {.name = entry.name.substr(0, entry.name.size() - 4),
                               .shape = head.shape,
                               .type = SourceType::other,
                               .type_name = head.type},
                    .offset = data + head.bytes,
                    .width = 0};
    if (head.type == "<f4" || head.type == "<f8") found.tensor.type = SourceType::f32;
    if (head.type == "<f2") found.tensor.type = SourceType::f16;
    if (found.tensor.type != SourceType::other) found.width = head.type[2] - '0';
    core::Checked needed(std::max(1, found.width));
    if (head.by_columns) {
      std::reverse(found.tensor.shape.begin(), found.tensor.shape.end());
      found.tensor.by_columns = head.shape.size() == 2;
    }
    for (const std::int64_t size : head.shape) needed = needed * size;
    if (!needed.valid() || (found.width > 0 && needed.value() != entry.bytes - head.bytes))
      return wrong(Fault::corrupt, "has '", shown(entry.name), "' with ", entry.bytes - head.bytes,
                   " bytes of numbers, which is not what ", shown(head.type), " of shape ",
                   shape_text(head.shape), " needs");
    found_.push_back(std::move(found));
    return core::Done{};
  }

  Status check_apart() {
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& a, const Entry& b) { return a.offset < b.offset; });
    for (std::size_t i = 1; i < entries_.size(); ++i)
      if (entries_[i].offset < entries_[i - 1].end)
        return wrong(Fault::corrupt, "has overlapping files '", shown(entries_[i - 1].name),
                     "' and '", shown(entries_[i].name), "'");
    return core::Done{};
  }

  const ReadBytes& read_;
  const std::int64_t size_;
  const std::string& file_;
  std::int64_t list_ = 0, list_bytes_ = 0;
  int count_ = 0;
  std::vector<Entry> entries_;
  std::vector<NpzTensor> found_;
};

}  // namespace

Result<std::vector<NpzTensor>> npz_layout(const ReadBytes& read, std::int64_t file_bytes,
                                          const std::string& file) {
  return Layout(read, file_bytes, file).tensors();
}

Result<std::unique_ptr<Npz>> Npz::open(const std::string& path) {
  Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  const ReadBytes read = [&](std::int64_t offset, std::span<std::byte> to) {
    return file->read(offset, to);
  };
  Result<std::vector<NpzTensor>> layout = npz_layout(read, file->size(), path);
  if (!layout) return layout.error();
  std::unique_ptr<Npz> opened(new Npz(std::move(*file)));
  opened->placed_ = std::move(*layout);
  for (const NpzTensor& placed : opened->placed_) opened->tensors_.push_back(placed.tensor);
  return opened;
}

Status Npz::read(int tensor, std::int64_t first, std::span<float> to) const {
  const NpzTensor& placed = placed_[static_cast<std::size_t>(tensor)];
  const std::int64_t offset = placed.offset + first * placed.width;
  if (placed.width != sizeof(double)) return read_numbers(file_, placed.tensor.type, offset, to);
  std::array<double, 512> piece;
  for (std::size_t at = 0; at < to.size(); at += piece.size()) {
    const auto part = to.subspan(at, std::min(piece.size(), to.size() - at));
    const auto bytes = std::as_writable_bytes(std::span(piece).first(part.size()));
    const std::int64_t place = offset + static_cast<std::int64_t>(at * sizeof(double));
    if (const Status got = file_.read(place, bytes); !got) return got;
    std::transform(piece.begin(), piece.begin() + std::ssize(part), part.begin(),
                   [](double number) { return static_cast<float>(number); });
  }
  return core::Done{};
}

}  // namespace linnet::convert
