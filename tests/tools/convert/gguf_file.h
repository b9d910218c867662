#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

// Right and wrong GGUF files, byte by byte (tools/convert/checkpoint/gguf.h).
namespace linnet::support {

enum GgufKind : std::uint32_t {
  kU8 = 0,
  kI32 = 5,
  kU32 = 4,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kList = 9,
  kU64 = 10
};

template <class T>
std::string raw_bytes(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
template <class T>
std::string raw_bytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}
inline std::string gguf_text(std::string_view text) {
  return raw_bytes(std::uint64_t{text.size()}) += text;
}
inline std::string gguf_list(std::uint32_t kind, std::uint64_t length, std::string_view items) {
  return (raw_bytes(kind) + raw_bytes(length)) += items;
}

struct GgufTensorOf {
  std::string name;
  std::vector<std::uint64_t> sizes;  // innermost first
  std::uint32_t type;
  std::string data;
  std::uint64_t offset = ~std::uint64_t{0};  // where it is not the right one
};

class GgufFile {
 public:
  std::uint32_t version = 3;
  std::vector<std::pair<std::string, std::string>> fields;  // key, and type and value
  std::vector<GgufTensorOf> tensors;
  std::size_t alignment = 32;

  GgufFile& field(std::string_view key, std::uint32_t kind, std::string_view value) {
    fields.emplace_back(key, raw_bytes(kind) += value);
    return *this;
  }
  GgufFile& text(std::string_view key, std::string_view value) {
    return field(key, kString, gguf_text(value));
  }
  GgufFile& number(std::string_view key, std::uint32_t value) {
    return field(key, kU32, raw_bytes(value));
  }
  GgufFile& real(std::string_view key, float value) { return field(key, kF32, raw_bytes(value)); }
  GgufFile& flag(std::string_view key, bool value) {
    return field(key, kBool, std::string(1, value ? '\1' : '\0'));
  }
  GgufFile& texts(std::string_view key, const std::vector<std::string>& values) {
    std::string items;
    for (const std::string& value : values) items += gguf_text(value);
    return field(key, kList, gguf_list(kString, values.size(), items));
  }
  GgufFile& integers(std::string_view key, const std::vector<std::int32_t>& values) {
    return field(key, kList, gguf_list(kI32, values.size(), raw_bytes(values)));
  }
  GgufFile& reals(std::string_view key, const std::vector<float>& values) {
    return field(key, kList, gguf_list(kF32, values.size(), raw_bytes(values)));
  }
  GgufFile& tensor(std::string_view name, std::vector<std::uint64_t> sizes, std::uint32_t type,
                   std::string data) {
    tensors.push_back({std::string(name), std::move(sizes), type, std::move(data)});
    return *this;
  }
  void erase(std::string_view key) {
    std::erase_if(fields, [&](const auto& field) { return field.first == key; });
  }

  std::string bytes() const {
    std::string all = "GGUF" + raw_bytes(version) + raw_bytes(std::uint64_t{tensors.size()}) +
                      raw_bytes(std::uint64_t{fields.size()});
    for (const auto& [key, value] : fields) all += gguf_text(key) + value;
    std::string data;
    for (const GgufTensorOf& tensor : tensors) {
      all += gguf_text(tensor.name) + raw_bytes(static_cast<std::uint32_t>(tensor.sizes.size())) +
             raw_bytes(tensor.sizes) + raw_bytes(tensor.type);
      const std::uint64_t here = data.size();
      all += raw_bytes(tensor.offset == ~std::uint64_t{0} ? here : tensor.offset);
      data += tensor.data;
      pad(data);
    }
    if (!tensors.empty()) pad(all);
    return all + data;
  }

 private:
  void pad(std::string& bytes) const {
    bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
  }
};

}  // namespace linnet::support
