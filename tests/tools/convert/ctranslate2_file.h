#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

// Right and wrong model.bin of CTranslate2, byte by byte (tools/convert/checkpoint/ctranslate2.h).
namespace linnet::support {

class Ctranslate2File {
 public:
  explicit Ctranslate2File(std::uint32_t version, std::string_view spec = "TransformerSpec",
                           std::uint32_t revision = 7)
      : version_(version) {
    put(version);
    if (version >= 2) text(spec), put(revision);
    count_at_ = bytes_.size();
    put(std::uint32_t{0});
  }

  template <class T>
  Ctranslate2File& put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Ctranslate2File& text(std::string_view text) {
    put(static_cast<std::uint16_t>(text.size() + 1));
    bytes_ += text;
    bytes_ += '\0';
    return *this;
  }

  // `type` as version 4 and later number them: f32 0, i8 1, i16 2, i32 3, f16 4, bf16 5.
  Ctranslate2File& add(std::string_view name, const std::vector<std::uint32_t>& shape,
                       std::string_view data, std::uint8_t type = 0) {
    constexpr std::uint32_t kItem[]{4, 1, 2, 4, 2, 2};
    const auto size = static_cast<std::uint32_t>(data.size());
    text(name).put(static_cast<std::uint8_t>(shape.size()));
    for (const std::uint32_t dimension : shape) put(dimension);
    if (version_ >= 4)
      put(type).put(size);
    else
      put(static_cast<std::uint8_t>(kItem[type])).put(size / kItem[type]);
    bytes_ += data;
    ++count_;
    std::memcpy(bytes_.data() + count_at_, &count_, sizeof count_);
    return *this;
  }
  template <class T>
  Ctranslate2File& add(std::string_view name, const std::vector<std::uint32_t>& shape,
                       const std::vector<T>& values, std::uint8_t type) {
    return add(
        name, shape,
        std::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)),
        type);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::uint32_t version_, count_ = 0;
  std::size_t count_at_ = 0;
  std::string bytes_;
};

}  // namespace linnet::support
