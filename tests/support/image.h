#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/io/checksum.h"

// A model file in parts, every number of which can be made a lie. It is put together from
// engine/io/FORMAT.md alone and not by the writer, so the two also check each other.
namespace linnet::support {

inline std::string checksum_of(std::string_view bytes) {
  const std::uint64_t sum = io::checksum(std::as_bytes(std::span<const char>(bytes)));
  return {reinterpret_cast<const char*>(&sum), 8};
}

struct Image {
  // What is left empty is filled in truthfully.
  struct Setting {
    std::string name;
    std::uint32_t type = 0;
    std::string value;  // as it stands in the file
    std::optional<std::uint32_t> name_bytes = {};
    std::optional<std::uint64_t> value_bytes = {};
  };
  struct Tensor {
    std::string name;
    std::uint8_t rank = 2, dtype = 0;
    std::uint32_t out = 0, in = 0;
    std::string data;
    std::optional<std::uint64_t> offset = {}, bytes = {};
    std::optional<std::string> checksum = {};  // 8 bytes
    std::optional<std::uint16_t> name_bytes = {};
    std::uint32_t reserved = 0;
  };

  std::string magic = "\x89LINNET\n";
  std::uint32_t version = 1, reserved = 0;
  std::optional<std::uint64_t> file_bytes = {}, head_bytes = {};
  std::optional<std::uint32_t> setting_count = {}, tensor_count = {};
  std::vector<Setting> settings;
  std::vector<Tensor> tensors;
  char padding = 0;       // stands wherever zeros should
  std::string head_tail;  // between the tables and the checksum
  std::string tail;       // after the last tensor

  std::string bytes() const;

  Setting& setting(std::string_view name) { return named(settings, name); }
  Tensor& tensor(std::string_view name) { return named(tensors, name); }
  // Gives a setting a new value, or adds it, in sorted order.
  void set(const std::string& name, const core::Value& value);

 private:
  template <class Entry>
  static Entry& named(std::vector<Entry>& entries, std::string_view name) {
    return *std::find_if(entries.begin(), entries.end(),
                         [&](const Entry& entry) { return entry.name == name; });
  }
  std::string tables(std::uint64_t head_size) const;
};

// Little-endian bytes at the end of a string.
template <class T>
void put(std::string& to, T number) {
  to.append(reinterpret_cast<const char*>(&number), sizeof(T));
}

inline void pad(std::string& to, std::size_t unit, char with) {
  while (to.size() % unit != 0) to += with;
}

inline std::string Image::tables(std::uint64_t head_size) const {
  std::string out;
  for (const Setting& s : settings) {
    put(out, s.type);
    put(out, s.name_bytes.value_or(static_cast<std::uint32_t>(s.name.size())));
    put(out, s.value_bytes.value_or(s.value.size()));
    out += s.name;
    pad(out, 8, padding);
    out += s.value;
    pad(out, 8, padding);
  }
  std::uint64_t next = head_size;
  for (const Tensor& t : tensors) {
    put(out, t.offset.value_or(next));
    put(out, t.bytes.value_or(t.data.size()));
    out += t.checksum.value_or(checksum_of(t.data));
    put(out, t.out);
    put(out, t.in);
    put(out, t.rank);
    put(out, t.dtype);
    put(out, t.name_bytes.value_or(static_cast<std::uint16_t>(t.name.size())));
    put(out, t.reserved);
    out += t.name;
    pad(out, 8, padding);
    next += (t.data.size() + 63) / 64 * 64;
  }
  return out + head_tail;
}

inline std::string Image::bytes() const {
  const std::uint64_t head_size = (40 + tables(0).size() + 8 + 63) / 64 * 64;
  std::uint64_t file_size = head_size + tail.size();
  for (const Tensor& t : tensors) file_size += (t.data.size() + 63) / 64 * 64;
  std::string out = magic;
  put(out, version);
  put(out, reserved);
  put(out, file_bytes.value_or(file_size));
  put(out, head_bytes.value_or(head_size));
  put(out, setting_count.value_or(static_cast<std::uint32_t>(settings.size())));
  put(out, tensor_count.value_or(static_cast<std::uint32_t>(tensors.size())));
  out += tables(head_size);
  while ((out.size() + 8) % 64 != 0) out += padding;
  out += checksum_of(out);
  for (const Tensor& t : tensors) {
    out += t.data;
    pad(out, 64, padding);
  }
  return out + tail;
}

struct EncodeValue {
  std::string operator()(std::string_view text) const { return std::string(text); }
  std::string operator()(const core::Strings& list) const {
    std::string out;
    put(out, static_cast<std::uint32_t>(list.size()));
    for (const std::uint32_t end : list.ends) put(out, end);
    for (int i = 0; i < list.size(); ++i) out += list[i];
    return out;
  }
  template <class T>
  std::string operator()(std::span<const T> span) const {
    return {reinterpret_cast<const char*>(span.data()), span.size_bytes()};
  }
  std::string operator()(auto number) const {
    return {reinterpret_cast<const char*>(&number), sizeof(number)};
  }
};

inline void Image::set(const std::string& name, const core::Value& value) {
  std::erase_if(settings, [&](const Setting& s) { return s.name == name; });
  const auto after = std::find_if(settings.begin(), settings.end(),
                                  [&](const Setting& s) { return s.name > name; });
  settings.insert(
      after, {name, static_cast<std::uint32_t>(value.index()), std::visit(EncodeValue{}, value)});
}

// The file of a bundle, tensors in the order of their names.
inline Image image_of(const core::Bundle& bundle) {
  Image image;
  for (const core::Setting& s : bundle.settings) image.set(std::string(s.name), s.value);
  for (const core::NamedWeight& w : bundle.weights)
    image.tensors.push_back({.name = std::string(w.name),
                             .rank = static_cast<std::uint8_t>(w.vector ? 1 : 2),
                             .dtype = static_cast<std::uint8_t>(w.weight.dtype),
                             .out = static_cast<std::uint32_t>(w.weight.out),
                             .in = static_cast<std::uint32_t>(w.weight.in),
                             .data = {reinterpret_cast<const char*>(w.weight.panels),
                                      static_cast<std::size_t>(w.bytes)}});
  return image;
}

// A copy of bytes where a reader of memory wants them.
class Aligned {
 public:
  explicit Aligned(std::string_view bytes)
      : memory_(static_cast<std::byte*>(::operator new(bytes.size(), kAlignment))),
        size_(bytes.size()) {
    if (size_ > 0) std::memcpy(memory_, bytes.data(), size_);
  }
  ~Aligned() { ::operator delete(memory_, kAlignment); }
  Aligned(const Aligned&) = delete;
  Aligned& operator=(const Aligned&) = delete;
  std::span<const std::byte> bytes() const { return {memory_, size_}; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  std::byte* memory_;
  std::size_t size_;
};

}  // namespace linnet::support
